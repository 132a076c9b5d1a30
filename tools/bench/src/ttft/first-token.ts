/** One client's measurements of one answer. Times are in milliseconds since 1970, on the clock of this process. */
export interface Sighting {
  /** The client began to ask. */
  readonly askedAt: number
  /** It had the first token. */
  readonly seenAt: number
}

/** A way to ask a question and to see the first token of its answer. */
export interface Client {
  /** For the table. */
  readonly name: string
  /** Asks, and resolves when the answer has ended. */
  ask(question: string): Promise<Sighting>
  close(): Promise<void>
}

/** Now, with fractions. */
export function now(): number {
  return performance.timeOrigin + performance.now()
}
