import rateLimit from '@fastify/rate-limit'
import { StreamingError } from '@sluice/core'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { networkOf } from '../address.ts'

/**
 * How often one visitor may ask, in a minute. All visitors of one network together may ask {@link NETWORK_FACTOR} times as
 * often: a cookie is free.
 */
export interface PerMinute {
  /** For answers, on either transport. */
  readonly starts: number
  /** For anything under `/streams`. */
  readonly streams: number
  /** For anything under `/api`. */
  readonly api: number
  /** New visitors of one network. */
  readonly arrivals: number
}

/** Generous: what a person does who plays with the laboratory is below it. */
export const PER_MINUTE: PerMinute = { starts: 60, streams: 300, api: 1_500, arrivals: 30 }

/** So many visitors at full speed may share an address: a household, or an office. */
const NETWORK_FACTOR = 2

const timeWindow = '1 minute'

/** Counts a request. @throws {StreamingError} `rate_limit` if it is one too many. */
export type Limit = (request: FastifyRequest) => Promise<void>

/** Shared by the functions below. Counts are of this instance. */
export const rateLimits = fp(
  async (app: FastifyInstance) => {
    await app.register(rateLimit, { global: false })
  },
  { name: 'rate-limits' },
)

/** A limit by visitor, and by network. */
export function limitRequests(app: FastifyInstance, max: number): Limit {
  const byNetwork = limitNetwork(app, max * NETWORK_FACTOR)
  const byVisitor = limit(app, max, ({ visitor, ip }) => visitor ?? networkOf(ip))
  return async (request) => {
    await byVisitor(request)
    await byNetwork(request)
  }
}

/** A limit by network. */
export function limitNetwork(app: FastifyInstance, max: number): Limit {
  return limit(app, max, ({ ip }) => networkOf(ip))
}

/** Not a hook of the plugin: it would run once per request, and starts on a WebSocket are no requests. */
function limit(app: FastifyInstance, max: number, keyGenerator: (request: FastifyRequest) => string): Limit {
  const count = app.createRateLimit({ max, timeWindow, keyGenerator })
  return async (request) => {
    const counted = await count(request)
    if (!counted.isAllowed && counted.isExceeded) throw tooMuch(counted.ttl)
  }
}

/** In the form that the streams' errors have: a client waits as long as it is told, and comes back. */
function tooMuch(retryAfterMs: number): StreamingError {
  return new StreamingError('rate_limit', 'That was too much at once. Wait a moment.', { retryAfterMs })
}
