/**
 * How many of something come in a second, smoothed: what came counts the less the longer ago it was. It needs no
 * timer, because it fades when it is read.
 */
export class Rate {
  readonly #now: () => number
  readonly #smoothingMs: number
  #weight = 0
  #weighedAt: number

  /**
   * `smoothingMs` is the time constant: after a change, 63 % of the way is gone when it has passed once, and 95 %
   * when it has passed three times.
   */
  constructor(now: () => number, smoothingMs = 1000) {
    this.#now = now
    this.#smoothingMs = smoothingMs
    this.#weighedAt = now()
  }

  /** `count` of them have come now. */
  add(count: number): void {
    this.#weight = this.#faded(this.#now()) + count
  }

  get perSecond(): number {
    return (this.#faded(this.#now()) * 1000) / this.#smoothingMs
  }

  #faded(now: number): number {
    this.#weight *= Math.exp((this.#weighedAt - now) / this.#smoothingMs)
    this.#weighedAt = now
    return this.#weight
  }
}
