import { getHeapStatistics } from 'node:v8'
import underPressure from '@fastify/under-pressure'
import type { Hub } from '@sluice/core/server'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/** Options of {@link health}. */
export interface HealthOptions {
  readonly hub: Hub
  /** Mean delay of the event loop above which this instance asks to be spared, in milliseconds. @default 500 */
  readonly maxEventLoopDelayMs?: number
  /** How much of the heap's limit may be used before it does, from 0 to 1. @default 0.85, as the hub has it */
  readonly maxHeap?: number
}

/**
 * `GET /health/live`: the process answers; if it does not, restart it. `GET /health/ready`: it may be given
 * visitors; 503 while it closes, or is short of memory or time.
 */
export const health = fp<HealthOptions>(
  async (app: FastifyInstance, { hub, maxEventLoopDelayMs = 500, maxHeap = 0.85 }) => {
    await app.register(underPressure, {
      maxEventLoopDelay: maxEventLoopDelayMs,
      maxHeapUsedBytes: getHeapStatistics().heap_size_limit * maxHeap,
      // It says so, and refuses nobody: what to do under pressure is the hub's (`ARCHITECTURE.md`).
      pressureHandler: () => {},
    })
    app.get('/health/live', async () => ({ status: 'live' }))
    app.get('/health/ready', async (_request, reply) => {
      const status = hub.isClosing ? 'closing' : app.isUnderPressure() ? 'under pressure' : 'ready'
      return reply
        .code(status === 'ready' ? 200 : 503)
        .header('cache-control', 'no-store')
        .send({ status })
    })
  },
  { name: 'health' },
)
