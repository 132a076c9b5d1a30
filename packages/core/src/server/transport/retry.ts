import { MAX_TIMER_MS } from '../clock.ts'

/**
 * A random wait around a mean (±50 %), in milliseconds: the clients of a server that goes away must not all reconnect in
 * the same instant. Never longer than a client's timer can wait.
 */
export function randomRetryMs(meanMs: number, random = Math.random()): number {
  return Math.min(Math.round(meanMs * (0.5 + random)), MAX_TIMER_MS)
}
