import { type RequestListener, Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { ShapedConnection } from './shaped-connection.ts'

/** As Fastify has it: longer than proxies keep connections to a server, so that none is closed as it is taken up again. */
const KEEP_ALIVE_MS = 72_000

/**
 * An HTTP server whose connections can be shaped: Node documents that any `Duplex` may be handed to one as its
 * connection.
 */
export class ShapedServer extends Server {
  /** Browsers open connections ahead of need. */
  readonly #unused = new Set<ShapedConnection>()

  constructor(handler: RequestListener) {
    super({ keepAliveTimeout: KEEP_ALIVE_MS }, handler)
    const [serve] = this.listeners('connection') as ((connection: Duplex) => void)[]
    this.removeAllListeners('connection')
    this.on('connection', (socket: Socket) => {
      const connection = new ShapedConnection(socket)
      this.#unused.add(connection)
      socket.once('data', () => this.#unused.delete(connection))
      connection.once('close', () => this.#unused.delete(connection))
      serve!.call(this, connection)
    })
  }

  /** Node closes connections that are idle, and waits for those over which nothing has come yet. */
  override close(onClosed?: (error?: Error) => void): this {
    for (const connection of [...this.#unused]) connection.destroy()
    return super.close(onClosed)
  }
}
