import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'

const SERVER = fileURLToPath(new URL('server.ts', import.meta.url))

/** Server processes on one Redis, behind a proxy that gives each connection to the next of them. */
export class Deployment {
  readonly #args: readonly string[]
  readonly #servers: (ServerProcess | undefined)[]
  readonly #sockets = new Set<Socket>()
  readonly #stopped = new Set<number>()
  #proxy!: Server
  #turn = 0
  #standstills = 0

  private constructor(size: number, args: readonly string[]) {
    this.#args = args
    this.#servers = new Array(size).fill(undefined)
  }

  static async start(size: number, redis: string, keyPrefix: string, leaseMs: number): Promise<Deployment> {
    const deployment = new Deployment(size, [redis, keyPrefix, `${leaseMs}`])
    await Promise.all(deployment.#servers.map((_, index) => deployment.start(index)))
    deployment.#proxy = createServer((socket) => deployment.#carry(socket)).listen(0, '127.0.0.1')
    await once(deployment.#proxy, 'listening')
    return deployment
  }

  get url(): string {
    const address = this.#proxy.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy is closed')
    return `http://127.0.0.1:${address.port}/streams`
  }

  /** Where one of them can be reached past the proxy. */
  urlOf(index: number): string {
    return `http://127.0.0.1:${this.#servers[index]?.port}/streams`
  }

  /** Whether the provider that was asked this was let go before it had answered, in a process that lived. */
  hasStopped(seed: number): boolean {
    return this.#stopped.has(seed)
  }

  /** How often the machine gave one of them no turn for so long that it could be taken for dead. */
  get standstills(): number {
    return this.#standstills
  }

  async start(index: number): Promise<void> {
    const child = fork(SERVER, this.#args, { execArgv: ['--conditions=sluice-source'] })
    const [message] = await once(child, 'message')
    child.on('message', (said: { aborted?: number; stoodStill?: true }) => {
      if (said.aborted !== undefined) this.#stopped.add(said.aborted)
      if (said.stoodStill) this.#standstills += 1
    })
    this.#servers[index] = { child, port: (message as { port: number }).port }
  }

  /** Dies without a word. */
  async kill(index: number): Promise<void> {
    await this.#stop(index, (child) => child.kill('SIGKILL'))
  }

  /** Shuts down as a redeploy has it. */
  async close(index: number): Promise<void> {
    await this.#stop(index, (child) => child.send('close'))
  }

  /** Breaks off every connection that there is. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  async end(): Promise<void> {
    this.cut()
    this.#proxy.close()
    await Promise.all(this.#servers.map((_, index) => this.kill(index)))
  }

  async #stop(index: number, how: (child: ChildProcess) => void): Promise<void> {
    const server = this.#servers[index]
    this.#servers[index] = undefined
    if (server === undefined) return
    const exited = once(server.child, 'exit')
    how(server.child)
    await exited
  }

  #carry(socket: Socket): void {
    const live = this.#servers.filter((server) => server !== undefined)
    const next = live[this.#turn++ % live.length]
    if (next === undefined) {
      socket.destroy()
      return
    }
    const upstream = connect(next.port, '127.0.0.1')
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      this.#sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        this.#sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  }
}

interface ServerProcess {
  readonly child: ChildProcess
  readonly port: number
}
