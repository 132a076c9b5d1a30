import type { Hub } from '../hub/hub.ts'
import type { Logger } from './logger.ts'

/** How {@link metricsLogger} writes. */
export interface MetricsLoggerOptions {
  /** How often, in milliseconds. @default 60_000 */
  readonly everyMs?: number
}

/**
 * Writes a hub's metrics to a logger (pino's shape) every minute. Returns the way to stop that; the hub's end stops
 * it too.
 */
export function metricsLogger(
  hub: Hub,
  logger: Logger,
  { everyMs = 60_000 }: MetricsLoggerOptions = {},
): () => void {
  const due = hub.clock.alarm(() => {
    logger.info({ sluice: hub.metrics() }, 'sluice metrics')
    if (!hub.isClosing) due.setIn(everyMs)
  })
  due.setIn(everyMs)
  return () => due.clear()
}
