import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** An address that leads to one server, and then to another: the name of a primary at a managed service. */
export class Address {
  port: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server, port: number) {
    this.#server = server
    this.port = port
  }

  static async of(port: number): Promise<Address> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = new Address(server, port)
    server.on('connection', (socket) => address.#carry(socket))
    return address
  }

  get url(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the address is closed')
    return `redis://127.0.0.1:${address.port}`
  }

  /** Leads elsewhere from now on; connections that there are stay where they are. */
  leadTo(port: number): void {
    this.port = port
  }

  /** Breaks off every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  close(): void {
    this.#server.close()
    this.cut()
  }

  #carry(socket: Socket): void {
    const upstream = connect(this.port, '127.0.0.1')
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
