/** A histogram as it stands: how many values were at most so large. */
export interface HistogramSnapshot {
  readonly count: number
  readonly sum: number
  /** Cumulative, as Prometheus has them: `count` values were at most `le`. The last `le` is `Infinity`. */
  readonly buckets: readonly { readonly le: number; readonly count: number }[]
}

/** 1 ms to 65 s, in powers of two, and whatever is above. */
const BUCKETS = 18

/** Counts durations in buckets of powers of two. To record one is a few instructions: it is done for each chunk. */
export class Histogram {
  readonly #counts = new Uint32Array(BUCKETS)
  #sum = 0

  record(ms: number): void {
    // 32 minus the leading zeros of n - 1 is the power of two that holds n: 1 → 0, 2 → 1, 3 and 4 → 2, …
    this.#counts[Math.min(32 - Math.clz32(Math.max(Math.ceil(ms) - 1, 0)), BUCKETS - 1)]! += 1
    this.#sum += ms
  }

  snapshot(): HistogramSnapshot {
    let count = 0
    const buckets = Array.from(this.#counts, (here, index) => {
      count += here
      return { le: index === BUCKETS - 1 ? Number.POSITIVE_INFINITY : 2 ** index, count }
    })
    return { count, sum: this.#sum, buckets }
  }
}
