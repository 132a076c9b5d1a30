import { StreamingError } from '@sluice/core'

/**
 * One attempt to reach the server. It keeps the reason of its end itself: an `AbortSignal` has `reason` and
 * `throwIfAborted` only in newer browsers, and not in React Native.
 */
export class Attempt {
  reason: unknown
  readonly #controller = new AbortController()
  #timer: ReturnType<typeof setTimeout> | undefined
  #limitMs = 0

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get isOver(): boolean {
    return this.signal.aborted
  }

  /** Ends it. The first reason counts. */
  end(reason: unknown): void {
    if (this.isOver) return
    this.reason = reason
    this.#controller.abort(reason)
  }

  /** @throws its reason, if it has ended. */
  check(): void {
    if (this.isOver) throw this.reason
  }

  /**
   * Awaits a promise that belongs to it, and ends it with `connection_lost` if that takes longer than `limitMs`.
   * @throws its reason, if it has ended: that says more than the error of what was interrupted.
   */
  async within<T>(limitMs: number, awaited: Promise<T>): Promise<T> {
    this.#limitMs = limitMs
    this.alive()
    try {
      return await awaited
    } finally {
      clearTimeout(this.#timer)
      this.check()
    }
  }

  /** The server has shown that it is there: the time limit begins anew. */
  readonly alive = (): void => {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(
      () => this.end(new StreamingError('connection_lost', `Nothing came for ${this.#limitMs} ms.`)),
      this.#limitMs,
    )
  }
}
