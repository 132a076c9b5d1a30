/** Gathers events while an append is under way. */
export interface Gathering {
  /** They have waited for long enough. */
  gathered(): void
}

/** How long events are gathered behind an append that is under way, in milliseconds: a Redis that is near answers sooner. */
export const BEHIND_APPEND_MS = 10

/** Equal delays are due in the order in which they began, so one timer is enough for all. */
export class GatherTimer {
  readonly #delayMs: number
  readonly #waiting = new Map<Gathering, number>()
  #timer: NodeJS.Timeout | undefined

  constructor(delayMs: number) {
    this.#delayMs = delayMs
  }

  /** Has `item` called in a while, counted from when it first asked. */
  wait(item: Gathering): void {
    if (this.#waiting.has(item)) return
    this.#waiting.set(item, performance.now() + this.#delayMs)
    this.#timer ??= setTimeout(() => this.#ring(), this.#delayMs)
  }

  forget(item: Gathering): void {
    this.#waiting.delete(item)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#waiting.clear()
  }

  #ring(): void {
    this.#timer = undefined
    // A timer may ring a fraction of a millisecond early.
    const now = performance.now() + 0.5
    for (const [item, at] of this.#waiting) {
      if (at > now) {
        this.#timer = setTimeout(() => this.#ring(), at - now)
        return
      }
      this.#waiting.delete(item)
      item.gathered()
    }
  }
}
