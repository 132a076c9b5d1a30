import { createHub, memoryLog } from '@sluice/core/server'
import { fastifySse } from '@sluice/fastify-sse'
import fastify, {
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyServerOptions,
  LogController,
} from 'fastify'
import type { ModelSource } from './model-source.ts'
import { SECURITY_HEADERS } from './security-headers.ts'
import { chatStreams } from './streams.ts'

/** What {@link buildDemo} is made of. */
export interface DemoOptions {
  /** Asked for the answers, and closed with the server. */
  readonly source: ModelSource
  /** Serves `/` and what belongs to it. */
  readonly page: FastifyPluginAsync
  /** As Fastify takes it. @default false */
  readonly logger?: FastifyServerOptions['logger']
  /** What answers that run get to end by themselves when the server closes, in milliseconds. @default 3_000 */
  readonly closeDeadlineMs?: number
  /** What a native `EventSource` waits before it comes back, in milliseconds. @default 2_000 */
  readonly retryMs?: number
}

/** The demo's server: the streams under `/streams`, the page, and what the page wants to know at `/about`. */
export async function buildDemo(options: DemoOptions): Promise<FastifyInstance> {
  const { source, page, logger = false, closeDeadlineMs = 3_000, retryMs = 2_000 } = options
  // Not a line per request: what goes wrong is what somebody who tries this out wants to see.
  const app = fastify({
    logger,
    logController: new LogController({ disableRequestLogging: true }),
    // While answers get their moment to end, a page that has lost its connection may still come back for the rest.
    return503OnClosing: false,
  })
  const hub = createHub({ streams: chatStreams(source), log: memoryLog(), closeDeadlineMs })

  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(SECURITY_HEADERS)
  })
  app.addHook('onClose', () => source.close())
  app.get('/about', async () => ({ model: source.model, source: source.name }))
  await app.register(fastifySse, { hub, prefix: '/streams', retryMs })
  await app.register(page)
  return app
}
