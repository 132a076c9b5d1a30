import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { FaultProxy } from '@sluice/fault-proxy'

const SERVER = fileURLToPath(new URL('server.ts', import.meta.url))

/** Server processes on one Redis, behind a proxy that gives each connection to the next of them. */
export class Deployment {
  readonly #args: readonly string[]
  readonly #servers: (ServerProcess | undefined)[]
  readonly #stopped = new Set<number>()
  #proxy!: FaultProxy
  #turn = 0
  #standstills = 0

  private constructor(size: number, args: readonly string[]) {
    this.#args = args
    this.#servers = new Array(size).fill(undefined)
  }

  static async start(size: number, redis: string, keyPrefix: string, leaseMs: number): Promise<Deployment> {
    const deployment = new Deployment(size, [redis, keyPrefix, `${leaseMs}`])
    await Promise.all(deployment.#servers.map((_, index) => deployment.start(index)))
    deployment.#proxy = await FaultProxy.before(() => deployment.#next())
    return deployment
  }

  get url(): string {
    return `${this.#proxy.url}/streams`
  }

  /** The address of one of them, past the proxy. */
  urlOf(index: number): string {
    return `http://127.0.0.1:${this.#servers[index]?.port}/streams`
  }

  /** Whether the request to the provider was aborted before it had answered, in a process that lived. */
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
    this.#proxy.drop('reset')
  }

  async end(): Promise<void> {
    await this.#proxy.close()
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

  /** The port of the one whose turn it is. */
  #next(): number | undefined {
    const live = this.#servers.filter((server) => server !== undefined)
    return live[this.#turn++ % live.length]?.port
  }
}

interface ServerProcess {
  readonly child: ChildProcess
  readonly port: number
}
