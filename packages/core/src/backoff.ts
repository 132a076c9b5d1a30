/** How often to try again, and how long to wait before each try. */
export interface RetryPolicy {
  /** The bound of the first random wait, in milliseconds. It doubles with each attempt. @default 500 */
  readonly baseMs: number
  /** The longest wait before the jitter, in milliseconds. @default 60_000 */
  readonly capMs: number
  /** The shortest wait, in milliseconds. @default 0 */
  readonly floorMs: number
  /** Tries after the first failure. @default Infinity */
  readonly maxRetries: number
  /** From the first failure to the last try, in milliseconds. @default Infinity */
  readonly maxElapsedMs: number
  /** How long it must have worked before earlier failures are forgotten, in milliseconds. @default 10_000 */
  readonly stableMs: number
}

/** The defaults of {@link RetryPolicy}. */
export const RETRY_DEFAULTS: RetryPolicy = {
  baseMs: 500,
  capMs: 60_000,
  floorMs: 0,
  maxRetries: Number.POSITIVE_INFINITY,
  maxElapsedMs: Number.POSITIVE_INFINITY,
  stableMs: 10_000,
}

/** The clock and the random numbers of a {@link Backoff}. */
export interface BackoffSources {
  /** Milliseconds on a clock that does not go back. @default performance.now */
  readonly now: () => number
  /** Uniform in [0, 1). @default Math.random */
  readonly random: () => number
}

/** The next try: how long to wait for it, and its number. */
export interface Retry {
  readonly delayMs: number
  /** 1 for the first. */
  readonly retryCount: number
}

/**
 * A wait of exponential backoff with full jitter, in milliseconds: `random(floor, min(cap, base · 2ⁿ))`, `n` being
 * how many waits came before. The clamp comes before the jitter, or all the waits at the cap would be one and the
 * same. `retry_after` is a minimum, and the jitter comes on top of it: a thousand clients told "in two seconds" must
 * not come back in the same instant.
 */
export function drawDelay(
  { baseMs, capMs, floorMs }: RetryPolicy,
  n: number,
  retryAfterMs = 0,
  random = Math.random(),
): number {
  // 0 · ∞ is no number.
  const ceiling = Math.max(floorMs, Math.min(capMs, baseMs * 2 ** n || 0))
  return Math.round(retryAfterMs + floorMs + random * (ceiling - floorMs))
}

/** How often it was tried, how long that took, and the next wait: {@link drawDelay}. */
export class Backoff {
  readonly #policy: RetryPolicy
  readonly #sources: BackoffSources
  #retries = 0
  #firstFailureAt: number | undefined
  #workingSince: number | undefined

  constructor(policy: Partial<RetryPolicy> = {}, sources: Partial<BackoffSources> = {}) {
    this.#policy = { ...RETRY_DEFAULTS, ...policy }
    this.#sources = { now: () => performance.now(), random: Math.random, ...sources }
  }

  /** Reports success. Earlier failures are forgotten if no failure follows within `stableMs`. */
  succeeded(): void {
    this.#workingSince ??= this.#sources.now()
  }

  /** Reports a failure. Returns the next try, or `undefined` when the policy has none left. */
  failed(options: { readonly retryAfterMs?: number | undefined } = {}): Retry | undefined {
    const { maxRetries, maxElapsedMs, stableMs } = this.#policy
    const now = this.#sources.now()
    if (this.#workingSince !== undefined && now - this.#workingSince >= stableMs) {
      this.#retries = 0
      this.#firstFailureAt = undefined
    }
    this.#workingSince = undefined
    this.#firstFailureAt ??= now
    if (this.#retries >= maxRetries) return undefined

    const delayMs = drawDelay(this.#policy, this.#retries, options.retryAfterMs, this.#sources.random())
    if (now + delayMs - this.#firstFailureAt > maxElapsedMs) return undefined
    this.#retries += 1
    return { delayMs, retryCount: this.#retries }
  }
}
