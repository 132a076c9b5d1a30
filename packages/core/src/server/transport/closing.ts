import type { Hub } from '../hub/hub.ts'
import { InvalidOptionError } from './errors.ts'

/** How long Fastify waits for a plugin by default, in milliseconds: its `pluginTimeout`. */
const PLUGIN_TIMEOUT_MS = 10_000

/**
 * A hub may take its whole close deadline, and its transport `lingerMs` more, and Fastify waits `pluginTimeout` for both.
 * @param pluginTimeout - Fastify's option, in milliseconds; 0: Fastify waits without a limit
 * @throws InvalidOptionError if the server would not wait long enough
 */
export function checkCloseDeadline(
  { closeDeadlineMs }: Pick<Hub, 'closeDeadlineMs'>,
  pluginTimeout: number = PLUGIN_TIMEOUT_MS,
  lingerMs = 0,
): void {
  if (pluginTimeout === 0 || closeDeadlineMs + lingerMs < pluginTimeout) return
  const what = lingerMs === 0 ? 'has' : `and ${lingerMs} ms for the sockets have`
  throw new InvalidOptionError(
    `the hub's closeDeadlineMs (${closeDeadlineMs}) ${what} to be below Fastify's pluginTimeout (${pluginTimeout}).`,
  )
}

/** A hub that closes. */
export interface Closing {
  /** Resolves when the hub is closed. */
  readonly closed: Promise<void>
  /** When connections have to be gone, on the hub's clock, in milliseconds. */
  readonly closeBy: number
}

/** Closes a hub for its server. Another plugin, or the application, may have begun to close it long ago. */
export function closeHub(hub: Hub): Closing {
  const closed = hub.close()
  return { closed, closeBy: Math.min(hub.closeBy, hub.clock.now() + hub.closeDeadlineMs) }
}
