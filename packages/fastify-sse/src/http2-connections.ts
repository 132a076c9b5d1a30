import type { ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import type { Alarm, Clock } from '@sluice/core/server'
import type { FastifyInstance } from 'fastify'

/** How long a client may take to close a connection that has no open stream, in milliseconds. */
const LINGER_MS = 1_000

/** By server: several plugins may be on one. */
const known = new WeakMap<object, Http2Connections>()

/** The connections of an HTTP/2 server. `undefined`: it speaks HTTP/1, whose connections end with their responses. */
export function http2ConnectionsOf({ server, initialConfig }: FastifyInstance): Http2Connections | undefined {
  if (initialConfig.http2 !== true) return undefined
  let connections = known.get(server)
  if (connections === undefined) {
    connections = new Http2Connections()
    known.set(server, connections)
    server.on('session', (session: ServerHttp2Session) => connections?.join(session))
  }
  return connections
}

interface Connection {
  readonly socket: Socket
  /** Requests that have no whole answer. */
  requests: number
  isLingering: boolean
}

/**
 * Node ends a connection when all its streams are over. It then waits until all bytes have left and the client has closed the
 * connection too, without a limit if the client sleeps or does not read.
 */
export class Http2Connections {
  readonly #open = new Map<ServerHttp2Session, Connection>()
  #look: Alarm | undefined

  /** @internal */
  join(session: ServerHttp2Session): void {
    // A session shows a proxy of its socket, which cannot be destroyed. `once` returns the socket itself.
    const socket = session.socket.once('close', () => {
      this.#open.delete(session)
      if (this.#open.size === 0) this.#look?.clear()
    })
    const connection: Connection = { socket, requests: 0, isLingering: false }
    this.#open.set(session, connection)
    session.on('stream', (stream) => {
      connection.requests += 1
      stream.once('close', () => {
        connection.requests -= 1
      })
    })
  }

  /** Takes no more requests, and cuts connections that are still open a while after their last answer. */
  close(clock: Clock): void {
    if (this.#look !== undefined) return
    // As Node does by itself from 24 on.
    for (const session of this.#open.keys()) session.close()
    this.#look = clock.alarm(() => this.#cutWhatLingers())
    if (this.#open.size > 0) this.#look.setIn(LINGER_MS)
  }

  #cutWhatLingers(): void {
    for (const connection of this.#open.values()) {
      if (connection.isLingering) connection.socket.destroy()
      connection.isLingering = connection.requests === 0
    }
    this.#look?.setIn(LINGER_MS)
  }
}
