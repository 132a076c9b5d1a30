import helmet from '@fastify/helmet'
import { createHub, type Hub, type StreamLog } from '@sluice/core/server'
import type { RedisLogMetrics } from '@sluice/redis'
import fastify, {
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyServerOptions,
  LogController,
} from 'fastify'
import type { LabLimits } from '../shared/api.ts'
import { allowedHosts } from './allowed-hosts.ts'
import { api } from './api/api.ts'
import { fullFor } from './lab/full-log.ts'
import { Killing } from './lab/killing.ts'
import { Runs } from './lab/runs.ts'
import { ShapedServer } from './lab/shaped-server.ts'
import { StreamConnections } from './lab/stream-connections.ts'
import type { ModelSource } from './model-source.ts'
import { Budget, type BudgetLimits } from './operations/budget.ts'
import { health } from './operations/health.ts'
import { metrics } from './operations/metrics.ts'
import { limitRequests, PER_MINUTE, type PerMinute, rateLimits } from './operations/rate-limits.ts'
import { SECURITY_HEADERS } from './security-headers.ts'
import type { Store } from './store/store.ts'
import { streamRoutes } from './stream-routes.ts'
import { chatStreams, type Streams } from './streams.ts'
import { visitors } from './visitors.ts'

/** Options of {@link buildDemo}. */
export interface DemoOptions {
  /** Asked for the answers, and closed with the server. */
  readonly source: ModelSource
  /** Serves `/` and what belongs to it. */
  readonly page: FastifyPluginAsync
  /** Conversations and visitors' laboratories. The caller that opened it closes it, after the server. */
  readonly store: Store
  /** The log of the streams: `memoryLog()`, or one that instances share. Closed with the server. */
  readonly log: StreamLog
  /** The counters of a log on Redis. */
  readonly redisMetrics?: (() => RedisLogMetrics) | undefined
  /** Signs the visitors' cookies. */
  readonly secret: string
  /** This process, for people. @default 'demo' */
  readonly instance?: string
  /** Ends this process without a shutdown, if a supervisor restarts it. @default it cannot be killed */
  readonly kill?: () => void
  /** As Fastify takes it. @default false */
  readonly logger?: FastifyServerOptions['logger']
  /** How many proxies stand in front. @default 0 */
  readonly trustProxy?: number
  /** How long running answers may go on when the server closes, in milliseconds. @default 3_000 */
  readonly closeDeadlineMs?: number
  /** How long a native `EventSource` waits before it reconnects, in milliseconds. @default 2_000 */
  readonly retryMs?: number
  /** The rate limits, per minute. @default 60 starts, 300 requests for streams and 1_500 others of one visitor; 30 new visitors of one network */
  readonly perMinute?: Partial<PerMinute>
  /** How many tokens may be spent at the provider in a day. @default no limit */
  readonly budget?: BudgetLimits
  /** The host names that this server has, beside `localhost` and addresses. @default none */
  readonly hostNames?: readonly string[]
}

/** How many streams one visitor, and the process, may have running at once. */
const LIMITS = { maxStreams: 1_000, maxStreamsPerOwner: 20, maxViewers: 5_000 }

/** The demo's server: streams under `/streams`, what the page asks for under `/api`, the page, and what operators need. */
export async function buildDemo(options: DemoOptions): Promise<FastifyInstance> {
  const { source, page, store, secret, kill, logger = false, trustProxy = 0, instance = 'demo' } = options
  const { closeDeadlineMs = 3_000, retryMs, hostNames = [] } = options
  const { perVisitor, inAll } = options.budget ?? { perVisitor: Infinity, inAll: Infinity }
  const perMinute = { ...PER_MINUTE, ...options.perMinute }
  const connections = new StreamConnections(store.lab)
  // No line per request: a person who tries this out wants to see the errors.
  const app = fastify({
    logger,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: (_address, hop) => hop < trustProxy,
    serverFactory: (handler) => new ShapedServer(handler),
    // While answers get their moment to end, a page that has lost its connection may still come back for the rest.
    return503OnClosing: false,
    // Browsers open connections that they may never use, and Node would wait for those.
    forceCloseConnections: true,
  })
  const runs = new Runs()
  const killing = kill && new Killing({ lab: store.lab, runs, kill })
  const log = fullFor(options.log, (owner) => store.lab.get(owner).settings.capacity === 'full')
  const budget = new Budget({ spending: store.spending, perVisitor, inAll, secret })
  const hub: Hub<Streams> = createHub({
    streams: chatStreams({ source, store, runs, budget }),
    log,
    limits: LIMITS,
    closeDeadlineMs,
  })
  app.addHook('onClose', async () => {
    killing?.close()
    connections.close()
    runs.close()
    await source.close()
  })

  await app.register(helmet, SECURITY_HEADERS)
  await app.register(allowedHosts, { names: hostNames })
  await app.register(rateLimits)
  await app.register(visitors, { secret, arrivalsPerMinute: perMinute.arrivals })
  await app.register(health, { hub })
  await app.register(metrics, { hub, redis: options.redisMetrics })

  const sockets = await streamRoutes(app, { hub, store, connections, retryMs, perMinute })
  await app.register(
    async (scope) => {
      scope.addHook('onRequest', limitRequests(app, perMinute.api))
      const measured = { hub, runs, answers: store.answers, connections, sockets, instance }
      await api(scope, { hub, store, source, instance, killing, measured, limits: labLimits(options) })
    },
    { prefix: '/api' },
  )
  await app.register(page)
  return app
}

function labLimits({ source, kill }: DemoOptions): LabLimits {
  return {
    provider: source.takesFaults ? null : `${source.name} answers here, and does not fail on request.`,
    kill: kill ? null : 'There is one process here, and nobody to start it anew: try npm run demo:cluster.',
  }
}
