/** The question of a schedule, and the answer that it has to get. */
export interface Question {
  readonly seed: number
  readonly count: number
  readonly everyMs: number
}

/** The words of an answer: each says its place, so that a gap or a repeat shows. */
export function words({ seed, count }: Question): string[] {
  return Array.from(
    { length: count },
    (_, index) => `${seed}.${index}${index % 7 === 0 ? ' né 漢 👩‍👩‍👧 ' : ' '}`,
  )
}
