/** How many characters behind the text may be, in seconds of typing, before it types faster. */
const BEHIND_S = 2

/** Says how many characters may be shown: a steady pace, faster the further behind. */
export class Typewriter {
  readonly #charsPerSecond: number
  #last: number | null = null
  #credit = 0

  constructor(charsPerSecond: number) {
    this.#charsPerSecond = charsPerSecond
  }

  /** How many characters are due at a time in ms, of those that wait. */
  due(now: number, waiting: number): number {
    const seconds = this.#last === null ? 0 : Math.min(1, (now - this.#last) / 1000)
    this.#last = now
    const behind = Math.max(1, waiting / (this.#charsPerSecond * BEHIND_S))
    this.#credit = Math.min(waiting, this.#credit + seconds * this.#charsPerSecond * behind)
    const due = Math.floor(this.#credit)
    this.#credit -= due
    return due
  }

  /** Nothing waits: the time until more comes does not count. */
  rest(): void {
    this.#last = null
    this.#credit = 0
  }
}
