import type { Hub } from '@sluice/core/server'
import type { FastifyInstance } from 'fastify'
import { FST_ERR_SLUICE_OPTION } from './errors.ts'
import { http2ConnectionsOf } from './http2-connections.ts'

/**
 * Ties a hub to the life of a server: it logs where the server does, and closes before the server waits for its
 * connections.
 * @throws {FST_ERR_SLUICE_OPTION} where the hub would take longer to close than Fastify gives any plugin.
 */
export function joinServer(app: FastifyInstance, hub: Hub): void {
  const { pluginTimeout = 10_000 } = app.initialConfig
  if (pluginTimeout > 0 && hub.closeDeadlineMs >= pluginTimeout) {
    throw new FST_ERR_SLUICE_OPTION(
      `the hub's closeDeadlineMs (${hub.closeDeadlineMs}) has to be below Fastify's pluginTimeout (${pluginTimeout}).`,
    )
  }
  hub.offerLogger(app.log)
  const connections = http2ConnectionsOf(app)
  app.addHook('preClose', async () => {
    await hub.close()
    connections?.close(hub.wheel)
  })
}
