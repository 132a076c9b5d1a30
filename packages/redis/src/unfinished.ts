import { setImmediate as nextTurn } from 'node:timers/promises'

/** The work that has begun and has to settle before the log closes. */
export class Unfinished {
  readonly #work = new Set<Promise<unknown>>()

  add<T>(work: Promise<T>): Promise<T> {
    this.#work.add(work)
    const done = (): void => {
      this.#work.delete(work)
    }
    work.then(done, done)
    return work
  }

  /** Resolves when nothing is left to do, whatever became of it. */
  async settled(): Promise<void> {
    while (this.#work.size > 0) {
      await Promise.allSettled(this.#work)
      // The code that waited for it has its turn, and may begin more.
      await nextTurn()
    }
  }
}
