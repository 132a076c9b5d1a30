import rateLimit from '@fastify/rate-limit'
import { StreamingError } from '@sluice/core'
import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import fp from 'fastify-plugin'

/** How often one visitor may ask, in a minute; somebody without a cookie is known by their address. */
export interface PerMinute {
  /** For answers, on either transport. */
  readonly starts: number
  /** For anything under `/streams`. */
  readonly streams: number
  /** For anything under `/api`. */
  readonly api: number
}

/** Generous: what a person does who plays with the laboratory is below it. */
export const PER_MINUTE: PerMinute = { starts: 60, streams: 300, api: 1_500 }

const timeWindow = '1 minute'

/** Shared by the functions below. Counts are of this instance. */
export const rateLimits = fp(
  async (app: FastifyInstance) => {
    await app.register(rateLimit, {
      global: false,
      keyGenerator: ({ visitor, ip }) => visitor ?? ip,
      errorResponseBuilder: (_request, { ttl }) => tooMuch(ttl),
    })
  },
  { name: 'rate-limits', dependencies: ['visitors'] },
)

/** A hook that refuses what is above the limit. */
export function limitRequests(app: FastifyInstance, max: number): onRequestAsyncHookHandler {
  return app.rateLimit({ max, timeWindow })
}

/**
 * The same for starts: on a WebSocket they are no requests, and no hook sees them.
 * @returns what throws a `rate_limit`.
 */
export function limitStarts(app: FastifyInstance, max: number): (request: FastifyRequest) => Promise<void> {
  const count = app.createRateLimit({ max, timeWindow })
  return async (request) => {
    const limit = await count(request)
    if (!limit.isAllowed && limit.isExceeded) throw tooMuch(limit.ttl)
  }
}

/** In the form that the streams' errors have: a client waits as long as it is told, and comes back. */
function tooMuch(retryAfterMs: number): StreamingError {
  return new StreamingError('rate_limit', 'That was too much at once. Wait a moment.', { retryAfterMs })
}
