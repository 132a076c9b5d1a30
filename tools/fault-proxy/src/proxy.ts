import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { Fault } from './fault.ts'
import { carry } from './line.ts'

const PAGE = '<h1>502 Bad Gateway</h1>'
const BAD_GATEWAY = [
  'HTTP/1.1 502 Bad Gateway',
  'content-type: text/html',
  `content-length: ${PAGE.length}`,
  'connection: close',
  '',
  PAGE,
].join('\r\n')

/** A cut of all connections after a number of bytes. */
interface Cut {
  readonly ending: 'close' | 'reset'
  readonly done: () => void
  bytesLeft: number
}

/**
 * A network between a client and a server on this machine, which a test can break: real TCP, byte for byte, until a
 * connection has a fault.
 */
export class FaultProxy {
  /** For the next connections, in turn; after the last one the line is good. */
  faults: Fault[] = []
  readonly #target: () => number | undefined
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #isDown = false
  #refused = 0
  #faulted = 0
  #cut: Cut | undefined

  private constructor(target: () => number | undefined) {
    this.#target = target
    this.#server = createServer((client) => this.#accept(client))
  }

  /**
   * Stands before a port, on a free one.
   * @param target - the port, or a function that returns it for each connection; if it returns none, the connection is reset
   */
  static async before(target: number | (() => number | undefined)): Promise<FaultProxy> {
    const proxy = new FaultProxy(typeof target === 'number' ? () => target : target)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** How many connections a fault has ended, or answered. */
  get faulted(): number {
    return this.#faulted
  }

  /** How many connections were refused while the network was down. */
  get refused(): number {
    return this.#refused
  }

  /** How many sockets are open, of both sides. */
  get open(): number {
    return this.#sockets.size
  }

  /** Passes this number of bytes on to clients, and cuts all connections at the next one. Resolves then. */
  cutAfter(bytes: number, ending: 'close' | 'reset'): Promise<void> {
    return new Promise((done) => {
      this.#cut = { bytesLeft: bytes, ending, done }
    })
  }

  /** Cuts all connections, those too that a client has kept alive for later. */
  drop(ending: 'close' | 'reset' = 'close'): void {
    for (const socket of this.#sockets) {
      if (ending === 'reset') socket.resetAndDestroy()
      else socket.destroy()
    }
  }

  /** Cuts all connections, and refuses new ones. */
  goDown(): void {
    this.#isDown = true
    this.drop('reset')
  }

  comeBack(): void {
    this.#isDown = false
  }

  async close(): Promise<void> {
    this.#server.close()
    this.drop()
    await once(this.#server, 'close')
  }

  #accept(client: Socket): void {
    this.#track(client)
    if (this.#isDown) {
      this.#refused += 1
      client.resetAndDestroy()
      return
    }
    const fault = this.faults.shift() ?? {}
    if (fault.page) {
      this.#faulted += 1
      // Read, or closing would reset it before the page has arrived.
      client.resume()
      client.end(BAD_GATEWAY)
      return
    }
    this.#join(client, fault)
  }

  #join(client: Socket, fault: Fault): void {
    const port = this.#target()
    if (port === undefined) {
      client.resetAndDestroy()
      return
    }
    // Split pieces must stay split.
    client.setNoDelay()
    const server = connect(port, '127.0.0.1')
    this.#track(server)
    client.on('close', () => server.destroy())
    client.pipe(server, { end: false })
    void carry(server, client, fault, (bytes) => this.#permit(bytes)).then((isFaulted) => {
      if (!isFaulted) return
      this.#faulted += 1
      if (this.#cut?.bytesLeft === 0) this.#cutAll(this.#cut)
    })
  }

  #permit(bytes: number): number {
    if (this.#cut === undefined) return bytes
    const permitted = Math.min(bytes, this.#cut.bytesLeft)
    this.#cut.bytesLeft -= permitted
    return permitted
  }

  #cutAll({ ending, done }: Cut): void {
    this.#cut = undefined
    this.drop(ending)
    done()
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket)
    // A broken connection is what this is for; `close` follows.
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
  }
}
