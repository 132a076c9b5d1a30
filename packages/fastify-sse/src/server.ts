import type { Server } from 'node:http'
import type { Writable } from 'node:stream'
import type { Clock, Hub } from '@sluice/core/server'
import { checkCloseDeadline, closeHub } from '@sluice/core/transport'
import type { FastifyInstance } from 'fastify'
import { http2ConnectionsOf } from './http2-connections.ts'

/** How often a server that closes looks for connections that are kept alive without a request, in milliseconds. */
const CHECK_MS = 1_000

/**
 * Ties a hub to the life of a server: it uses the logger of the server, and closes before the server waits for its
 * connections. Returns the responses that the server waits for, in addition to the hub.
 * @throws InvalidOptionError if the hub may take longer to close than Fastify waits for a plugin
 */
export function joinServer(app: FastifyInstance, hub: Hub): EndingResponses {
  checkCloseDeadline(hub, app.initialConfig.pluginTimeout)
  hub.offerLogger(app.log)
  const ending = new EndingResponses()
  const connections = http2ConnectionsOf(app)
  app.addHook('preClose', async () => {
    const { clock } = hub
    const { closed, closeBy } = closeHub(hub)
    await closed
    await ending.over(clock, closeBy - clock.now())
    if (connections !== undefined) connections.close(clock)
    else if (app.server.listening) closeIdleConnections(app.server, clock)
  })
  return ending
}

/** Node closes idle connections once, when it begins to close. A connection that becomes idle later would stay open. */
function closeIdleConnections(server: Server, clock: Clock): void {
  const look = clock.alarm(() => {
    server.closeIdleConnections()
    look.setIn(CHECK_MS)
  })
  look.setIn(CHECK_MS)
  server.once('close', () => look.clear())
}

/**
 * Responses that have ended, and of which not all bytes have left the process. Node takes their connections for idle and
 * cuts them when a server closes (`closeIdleConnections`), so the close has to wait for them.
 */
export class EndingResponses {
  readonly #responses = new Set<Writable>()
  #onOver: () => void = () => {}

  /** Remembers a response that has ended, until its bytes have left or its connection is gone. */
  add(response: Writable): void {
    this.#responses.add(response)
    response.once('close', () => {
      this.#responses.delete(response)
      if (this.#responses.size === 0) this.#onOver()
    })
  }

  /** Resolves when there are none. Those that are left after `deadlineMs` are cut. */
  async over(clock: Clock, deadlineMs: number): Promise<void> {
    if (this.#responses.size > 0 && deadlineMs > 0) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const deadline = clock.alarm(resolve)
      deadline.setIn(deadlineMs)
      this.#onOver = resolve
      await promise
      deadline.clear()
    }
    for (const response of this.#responses) response.destroy()
  }
}
