import type { Clock } from '../clock.ts'

/** How fast the bucket of one owner fills, and how much it holds. */
export interface RateLimitOptions {
  /** How many there may be in a minute. At once there may be as many, if there was none for a minute. */
  readonly perMinute: number
}

const MINUTE_MS = 60_000
/** From this number of owners on, those whose minute is over are forgotten. */
const SWEEP_AT = 1_024

/** Refuses what one owner does too often: a token bucket for each owner, in one number. */
export class RateLimit {
  readonly #clock: Clock
  readonly #costMs: number
  /** When the bucket of an owner is full again, on the clock. It is not kept for longer. */
  readonly #fullAt = new Map<string, number>()
  #sweepAt = SWEEP_AT

  constructor({ perMinute }: RateLimitOptions, clock: Clock) {
    this.#clock = clock
    this.#costMs = perMinute === 0 ? Number.POSITIVE_INFINITY : MINUTE_MS / perMinute
  }

  /** Counts one. Returns in how many milliseconds it would be granted, or 0 if it is. A refusal does not count. */
  take(owner: string): number {
    if (this.#costMs === 0) return 0
    const now = this.#clock.now()
    const fullAt = Math.max(now, this.#fullAt.get(owner) ?? 0) + this.#costMs
    // To the millisecond: a clock may be a fraction before the moment that it was asked to wait for.
    const waitMs = Math.floor(fullAt - now - MINUTE_MS)
    if (waitMs > 0) return Math.min(waitMs, MINUTE_MS)
    this.#fullAt.set(owner, fullAt)
    if (this.#fullAt.size >= this.#sweepAt) this.#sweep(now)
    return 0
  }

  #sweep(now: number): void {
    for (const [owner, fullAt] of this.#fullAt) if (fullAt <= now) this.#fullAt.delete(owner)
    // Twice what is left, so that a sweep costs less than what filled the map.
    this.#sweepAt = Math.max(SWEEP_AT, this.#fullAt.size * 2)
  }
}
