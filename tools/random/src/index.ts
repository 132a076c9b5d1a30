/** Draws the next number of a sequence, uniform in [0, 1). */
export type Random = () => number

/**
 * Makes a sequence of random numbers that is the same for the same seed (mulberry32).
 *
 * It uses nothing outside of itself: a test may give its source text to a page.
 *
 * @param seed - an integer; only its lower 32 bits count
 */
export function seededRandom(seed: number): Random {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
