import { StreamingError } from '../../errors.ts'
import type { Clock } from '../clock.ts'
import { Limit } from '../load/limit.ts'
import { RateLimit } from '../load/rate-limit.ts'

/**
 * How much a hub accepts, in this process. Streams and viewers without an owner count in the totals only: with the
 * transports' `owner` option the excess of one client stops no other client.
 */
export interface HubLimits {
  /** Streams that run at once. @default 10_000 */
  readonly maxStreams?: number
  /** Streams that run at once for one owner. @default 200 */
  readonly maxStreamsPerOwner?: number
  /** Streams that one owner starts in a minute; repeats of a start do not count. @default 300 */
  readonly maxStartsPerMinutePerOwner?: number
  /** Viewers at once. @default 50_000 */
  readonly maxViewers?: number
  /** Viewers at once that one owner has, on whatever streams. @default 1_000 */
  readonly maxViewersPerOwner?: number
}

/** When a client whom the hub has refused for lack of space may ask again, in milliseconds. */
export const RETRY_AFTER_MS = 1000

/** Refuses streams and viewers beyond the hub's limits. */
export class Admission {
  readonly #streams: Limit
  readonly #viewers: Limit
  readonly #starts: RateLimit

  constructor(limits: HubLimits, clock: Clock) {
    const { maxStreams = 10_000, maxStreamsPerOwner = 200, maxStartsPerMinutePerOwner = 300 } = limits
    const { maxViewers = 50_000, maxViewersPerOwner = 1_000 } = limits
    this.#streams = new Limit({ max: maxStreams, maxPerOwner: maxStreamsPerOwner })
    this.#viewers = new Limit({ max: maxViewers, maxPerOwner: maxViewersPerOwner })
    this.#starts = new RateLimit({ perMinute: maxStartsPerMinutePerOwner }, clock)
  }

  get streams(): number {
    return this.#streams.taken
  }

  get viewers(): number {
    return this.#viewers.taken
  }

  /**
   * Counts a start.
   * @throws {StreamingError} `rate_limit` if the owner has started as many streams in the last minute as they may.
   */
  countStart(owner: string | undefined): void {
    const retryAfterMs = owner === undefined ? 0 : this.#starts.take(owner)
    if (retryAfterMs === 0) return
    throw new StreamingError('rate_limit', 'You have started as many streams as you may in a minute.', {
      retryAfterMs,
    })
  }

  /**
   * Admits a stream. Returns the function that ends its admission, which does so once.
   * @throws {StreamingError} `capacity` if the server has as many as it may, `rate_limit` if the owner has.
   */
  takeStream(owner: string | undefined): () => void {
    const reached = this.#streams.take(owner)
    if (reached === 'max') throw new StreamingError('capacity', undefined, { retryAfterMs: RETRY_AFTER_MS })
    if (reached === 'maxPerOwner') {
      throw new StreamingError('rate_limit', 'You have as many streams running as you may.', {
        retryAfterMs: RETRY_AFTER_MS,
      })
    }
    let isTaken = true
    return () => {
      if (isTaken) this.#streams.release(owner)
      isTaken = false
    }
  }

  /**
   * Admits a viewer, until {@link Admission.viewerLeft} with the same owner.
   * @throws {StreamingError} `capacity` if the server has as many as it may, `rate_limit` if the owner has.
   */
  takeViewer(owner: string | undefined): void {
    const reached = this.#viewers.take(owner)
    if (reached === undefined) return
    const [type, message] =
      reached === 'max'
        ? (['capacity', 'This server has no room for another viewer.'] as const)
        : (['rate_limit', 'You watch as many streams as you may.'] as const)
    throw new StreamingError(type, message, { retryAfterMs: RETRY_AFTER_MS })
  }

  viewerLeft(owner: string | undefined): void {
    this.#viewers.release(owner)
  }
}
