interface Delayed {
  readonly at: number
  readonly arrive: () => void
}

/** Delays items and keeps their order, even if the delay changes in between. */
export class DelayLine {
  readonly #waiting: Delayed[] = []
  #timer: NodeJS.Timeout | undefined

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** Calls `arrive` after `delayMs`: at once if that is 0 and nothing is ahead of it. */
  send(delayMs: number, arrive: () => void): void {
    if (delayMs === 0 && this.isEmpty) {
      arrive()
      return
    }
    const at = Math.max(performance.now() + delayMs, this.#waiting.at(-1)?.at ?? 0)
    this.#waiting.push({ at, arrive })
    if (this.#timer === undefined) this.#wait()
  }

  /** Forgets what is under way. */
  clear(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#waiting.length = 0
  }

  #wait(): void {
    const next = this.#waiting[0]
    if (next === undefined) {
      this.#timer = undefined
      return
    }
    this.#timer = setTimeout(() => this.#arrive(), Math.max(0, next.at - performance.now()))
  }

  #arrive(): void {
    const now = performance.now()
    while (this.#waiting[0] !== undefined && this.#waiting[0].at <= now) this.#waiting.shift()!.arrive()
    this.#wait()
  }
}
