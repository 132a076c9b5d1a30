import type { Server } from 'node:http'
import type { Clock, Hub } from '@sluice/core/server'
import { checkCloseDeadline, closeHub } from '@sluice/core/transport'
import type { FastifyInstance } from 'fastify'
import { Departures } from './departures.ts'
import { http2ConnectionsOf } from './http2-connections.ts'

/** How often a server that closes is rid of connections that are kept alive for nothing, in milliseconds. */
const LOOK_MS = 1_000

/**
 * Ties a hub to the life of a server: it logs where the server does, and closes before the server waits for its
 * connections. Returns what the server waits for beside the hub.
 * @throws InvalidOptionError if the hub may take longer to close than Fastify waits for a plugin
 */
export function joinServer(app: FastifyInstance, hub: Hub): Departures {
  checkCloseDeadline(hub, app.initialConfig.pluginTimeout)
  hub.offerLogger(app.log)
  const departures = new Departures()
  const connections = http2ConnectionsOf(app)
  app.addHook('preClose', async () => {
    const { clock } = hub
    const { closed, closeBy } = closeHub(hub)
    await closed
    await departures.over(clock, closeBy - clock.now())
    if (connections !== undefined) connections.close(clock)
    else if (app.server.listening) closeWhatIsIdle(app.server, clock)
  })
  return departures
}

/** Node looks for idle connections once, as it begins to close. One whose answer ends later it would keep alive. */
function closeWhatIsIdle(server: Server, clock: Clock): void {
  const look = clock.alarm(() => {
    server.closeIdleConnections()
    look.setIn(LOOK_MS)
  })
  look.setIn(LOOK_MS)
  server.once('close', () => look.clear())
}
