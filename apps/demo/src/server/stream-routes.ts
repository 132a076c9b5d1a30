import type { Hub } from '@sluice/core/server'
import { fastifySse } from '@sluice/fastify-sse'
import { fastifyWs, type SluiceConnections } from '@sluice/fastify-ws'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { authorizeGuests } from './access.ts'
import { networkOf } from './address.ts'
import type { StreamConnections } from './lab/stream-connections.ts'
import { limitRequests, type PerMinute } from './operations/rate-limits.ts'
import type { Store } from './store/store.ts'
import type { ChatContext } from './streams.ts'

/** Options of {@link streamRoutes}. */
export interface StreamRoutesOptions {
  readonly hub: Hub
  readonly store: Store
  readonly connections: StreamConnections
  /** How long a native `EventSource` waits before it reconnects, in milliseconds. */
  readonly retryMs: number | undefined
  readonly perMinute: PerMinute
}

/** The longest time until a guest whose link was withdrawn is disconnected from a WebSocket, in milliseconds. */
const REVALIDATE_MS = 15_000

/** Both transports, under `/streams`: the same hub, the same owners, the same rights. */
export async function streamRoutes(
  app: FastifyInstance,
  { hub, store, connections, retryMs = 2_000, perMinute }: StreamRoutesOptions,
): Promise<SluiceConnections> {
  const limitStarts = limitRequests(app, perMinute.starts)
  const shared = {
    hub,
    prefix: '/streams',
    owner: ({ visitor }: FastifyRequest) => visitor,
    authorize: authorizeGuests(store),
    // Asked for each start, on both transports.
    async context(request: FastifyRequest): Promise<ChatContext> {
      await limitStarts(request)
      return { network: networkOf(request.ip) }
    },
    retryMs,
  }
  let sockets: SluiceConnections | undefined
  await app.register(async (scope) => {
    scope.addHook('onRequest', limitRequests(app, perMinute.streams))
    scope.addHook('onRequest', async ({ visitor, raw }, reply) => {
      if (visitor === undefined) return
      const transport = raw.headers.upgrade === undefined ? 'sse' : 'ws'
      if (!connections.carry(raw.socket, visitor, transport)) reply.hijack()
    })
    scope.addHook('onResponse', async ({ raw }) => {
      // A WebSocket has its connection for good.
      if (raw.headers.upgrade === undefined) connections.release(raw.socket)
    })
    await scope.register(fastifySse, shared)
    await scope.register(fastifyWs, { ...shared, revalidateMs: REVALIDATE_MS })
    sockets = scope.sluiceConnections
  })
  return sockets!
}
