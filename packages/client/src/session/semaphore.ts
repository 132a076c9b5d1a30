import { abortable } from '../network/abortable.ts'

/**
 * So many may be in at once, the rest wait in the order they came. Browsers open six connections to an origin
 * over HTTP/1.1 (and queue what is beyond, a cancel too), so the streams must not take all of them.
 */
export class Semaphore {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(limit: number) {
    this.#free = limit
  }

  /** Whether a turn can be had without waiting. */
  get isFree(): boolean {
    return this.#free > 0
  }

  /** Waits for a turn. Resolves to the function that gives it back, which may be called once. */
  async acquire(signal: AbortSignal): Promise<() => void> {
    if (this.isFree) this.#free -= 1
    else
      await abortable<void>(signal, (resolve) => {
        this.#waiting.push(resolve)
        return () => {
          const index = this.#waiting.indexOf(resolve)
          if (index >= 0) this.#waiting.splice(index, 1)
        }
      })
    return () => this.#release()
  }

  #release(): void {
    // Handed over, not freed: nobody who comes in between may overtake.
    const next = this.#waiting.shift()
    if (next === undefined) this.#free += 1
    else next()
  }
}
