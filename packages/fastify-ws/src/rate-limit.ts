/** A token bucket: `perSecond` messages per second, and as many at once. */
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

  /** Whether one more message is allowed; if so, it is counted. */
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
