/** What a schedule asks for, and what the answer to it has to be. */
export interface Question {
  readonly seed: number
  readonly count: number
  readonly everyMs: number
}

/** The words of an answer: each says where it belongs, so that a gap or a repeat shows. */
export function words({ seed, count }: Question): string[] {
  return Array.from(
    { length: count },
    (_, index) => `${seed}.${index}${index % 7 === 0 ? ' né 漢 👩‍👩‍👧 ' : ' '}`,
  )
}

/** A number in [0, 1) for each call, the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
