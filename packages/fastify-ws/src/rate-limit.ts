/** So many in a second, and as many at once: a bucket that fills steadily, and from which each takes one. */
export class RateLimit {
  readonly #perSecond: number
  readonly #now: () => number
  #left: number
  #filledAt: number

  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond
    this.#now = now
    this.#left = perSecond
    this.#filledAt = now()
  }

  /** Whether one more may be. */
  take(): boolean {
    if (this.#left < 1) this.#fill()
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }

  #fill(): void {
    const now = this.#now()
    this.#left = Math.min(this.#perSecond, this.#left + ((now - this.#filledAt) * this.#perSecond) / 1000)
    this.#filledAt = now
  }
}
