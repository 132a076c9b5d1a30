import { once } from 'node:events'
import { get } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** How often each instance is asked whether it is ready, in milliseconds. */
const ASK_EVERY_MS = 250
const ANSWER_WITHIN_MS = 1_000

const NOBODY = 'No instance is ready. One moment.\n'
const UNAVAILABLE = [
  'HTTP/1.1 503 Service Unavailable',
  'Content-Type: text/plain',
  `Content-Length: ${NOBODY.length}`,
  'Retry-After: 1',
  'Connection: close',
  '',
  NOBODY,
].join('\r\n')

/**
 * Hands each connection to the next instance that says that it is ready (`/health/ready`). Byte for byte, so it knows
 * nothing of HTTP or WebSocket; what an instance's death looks like to the network, it looks like to the browser.
 */
export class RoundRobin {
  readonly #server: Server
  readonly #ready = new Map<number, boolean>()
  readonly #waiting = new Set<() => void>()
  readonly #asking: NodeJS.Timeout
  #turn = 0

  private constructor() {
    // Half of a connection may be closed while the other half still has something to say.
    this.#server = createServer({ allowHalfOpen: true }, (client) => void this.#accept(client))
    this.#asking = setInterval(() => this.#askAll(), ASK_EVERY_MS)
  }

  /** @throws {Error} with `code: 'EADDRINUSE'` if the port is taken. */
  static async listen(port: number, host: string): Promise<RoundRobin> {
    const proxy = new RoundRobin()
    try {
      proxy.#server.listen(port, host)
      await once(proxy.#server, 'listening')
      return proxy
    } catch (error) {
      clearInterval(proxy.#asking)
      throw error
    }
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Ports of the instances that are ready. */
  get ready(): number[] {
    return [...this.#ready].flatMap(([port, isReady]) => (isReady ? [port] : []))
  }

  add(port: number): void {
    this.#ready.set(port, false)
    this.#ask(port)
  }

  remove(port: number): void {
    this.#ready.delete(port)
  }

  /** Resolves when this number of instances is ready. */
  async whenReady(count: number): Promise<void> {
    while (this.ready.length < count) await new Promise<void>((resolve) => this.#waiting.add(resolve))
  }

  async close(): Promise<void> {
    clearInterval(this.#asking)
    this.#server.close()
    this.#ready.clear()
  }

  async #accept(client: Socket): Promise<void> {
    client.on('error', () => {})
    const instance = await this.#connectToNext()
    if (instance === undefined) client.end(UNAVAILABLE)
    else join(client, instance)
  }

  /** One that does not take the connection is not ready, whatever it said a moment ago. */
  async #connectToNext(): Promise<Socket | undefined> {
    for (;;) {
      const ports = this.ready
      if (ports.length === 0) return undefined
      this.#turn += 1
      const port = ports[this.#turn % ports.length]!
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
      try {
        await once(socket, 'connect')
        return socket
      } catch {
        this.#set(port, false)
      }
    }
  }

  #askAll(): void {
    for (const port of this.#ready.keys()) this.#ask(port)
  }

  #ask(port: number): void {
    const url = `http://127.0.0.1:${port}/health/ready`
    const request = get(url, { timeout: ANSWER_WITHIN_MS, agent: false }, (response) => {
      response.resume()
      this.#set(port, response.statusCode === 200)
    })
    request.on('timeout', () => request.destroy(new Error('It does not answer.')))
    request.on('error', () => this.#set(port, false))
  }

  #set(port: number, isReady: boolean): void {
    // An answer may come from one that has been removed in the meantime.
    if (!this.#ready.has(port) || this.#ready.get(port) === isReady) return
    this.#ready.set(port, isReady)
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}

/** Passes an end on as an end, and a reset as a reset. */
function join(client: Socket, instance: Socket): void {
  const cut = (other: Socket) => () => other.resetAndDestroy()
  client.on('error', cut(instance)).pipe(instance)
  instance.on('error', cut(client)).pipe(client)
  client.on('close', () => instance.destroy())
  instance.on('close', () => client.destroySoon())
}
