/** Draws the next number of a sequence, evenly spread over [0, 1). */
export type Random = () => number

/**
 * Makes a sequence of random numbers that is the same for the same seed (mulberry32), so that a paced answer
 * can be repeated gap for gap.
 *
 * @param seed - any number; only its lower 32 bits count
 */
export function seededRandom(seed: number): Random {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
