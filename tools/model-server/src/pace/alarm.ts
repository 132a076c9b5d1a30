/**
 * Waits, one wait at a time, until a time has passed or a signal is aborted.
 *
 * `node:timers/promises` adds and removes an abort listener for every wait; an answer has a thousand waits and
 * one signal, so this listens once.
 */
export class Alarm {
  readonly #signal: AbortSignal
  #timer: NodeJS.Timeout | undefined
  #ring: (() => void) | undefined

  readonly #stop = (): void => {
    clearTimeout(this.#timer)
    const ring = this.#ring
    this.#ring = undefined
    ring?.()
  }

  /** @param signal - ends a wait early; check it after each wait */
  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this.#stop)
  }

  /**
   * Resolves after a time, or at once when the signal is aborted. It never rejects.
   *
   * @param delayMs - milliseconds; `Infinity` waits for the signal alone
   */
  after(delayMs: number): Promise<void> {
    if (this.#signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      this.#ring = resolve
      if (delayMs !== Number.POSITIVE_INFINITY)
        this.#timer = setTimeout(this.#stop, Math.max(1, Math.ceil(delayMs)))
    })
  }

  /** Stops listening to the signal. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#signal.removeEventListener('abort', this.#stop)
  }
}
