/** How many requests are remembered. */
const MOST = 1_000

/**
 * The requests that a client may stop before it has an answer to them. Such a client knows only the `Idempotency-Key` of its
 * request (`resumingFetch` makes one for each), and the stream has another key: that of its run.
 *
 * It knows the requests of this process. If the DELETE comes to another one, the generation goes on to its end.
 */
export class EarlyStops {
  /** The key of the run; `undefined`: stopped before it came. */
  readonly #runs = new Map<string, string | undefined>()

  /**
   * @param of whose request it is
   * @returns whether the request was stopped before it came
   */
  isStopped(of: readonly unknown[], requestKey: string, runKey: string): boolean {
    const name = JSON.stringify([...of, requestKey])
    if (this.#runs.has(name) && this.#runs.get(name) === undefined) return true
    this.#remember(name, runKey)
    return false
  }

  /** @returns the key of the run that the request began; `undefined`: it has not come yet, and will be refused */
  stop(of: readonly unknown[], requestKey: string): string | undefined {
    const name = JSON.stringify([...of, requestKey])
    const runKey = this.#runs.get(name)
    if (runKey === undefined) this.#remember(name, undefined)
    return runKey
  }

  #remember(name: string, runKey: string | undefined): void {
    this.#runs.delete(name)
    this.#runs.set(name, runKey)
    if (this.#runs.size <= MOST) return
    const [oldest] = this.#runs.keys()
    this.#runs.delete(oldest!)
  }
}
