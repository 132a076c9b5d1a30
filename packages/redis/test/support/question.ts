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
