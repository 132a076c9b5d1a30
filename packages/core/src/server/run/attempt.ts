import type { Part } from '../../parts.ts'
import type { Alarm, Clock } from '../clock.ts'

/** Takes what an {@link Attempt} reads. Not called any more once the attempt has been abandoned. */
export interface AttemptReader {
  /** A part came. The next one is asked for when the promise, if there is one, has resolved. */
  take(part: Part): Promise<void> | undefined
  /** The source has come to its end. */
  sourceEnded(): void
  /** The source threw, or `take` did. */
  sourceFailed(error: unknown): void
  /** The source leaves a word for the producer that follows if this one dies. */
  saveCheckpoint(checkpoint: string): void
}

/** How long a source may take to end once its signal is aborted and `return()` is called, before that is logged. */
export const SOURCE_END_MS = 5_000

/**
 * One attempt at the provider: reads a source to its end, or until it is abandoned. By hand and not with `for await`,
 * which cannot call `return()` while it waits for a part: a source that ignores its signal would never be told.
 */
export class Attempt {
  readonly #controller = new AbortController()
  readonly #clock: Clock
  /** Told of an abandoned source that has not ended in time. */
  readonly #onStuck: () => void
  /** Undefined once the attempt is over, so that a source that never ends keeps nothing but this object. */
  #reader: AttemptReader | undefined
  #iterator: AsyncIterator<Part> | undefined
  #stuck: Alarm | undefined

  constructor(reader: AttemptReader, clock: Clock, onStuck: () => void) {
    this.#reader = reader
    this.#clock = clock
    this.#onStuck = onStuck
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  readonly saveCheckpoint = (checkpoint: string): void => {
    this.#reader?.saveCheckpoint(checkpoint)
  }

  /** Reads a source. One function: one that awaits another is 400 bytes more for each stream. */
  async read(source: AsyncIterable<Part>): Promise<void> {
    try {
      const iterator = iterate(source)
      this.#iterator = iterator
      for (;;) {
        const { done, value } = await iterator.next()
        if (this.#reader === undefined) break
        if (done) {
          this.#iterator = undefined
          this.#reader.sourceEnded()
          break
        }
        const wait = this.#reader.take(value)
        if (wait === undefined) continue
        await wait
        if (this.#reader === undefined) break
      }
    } catch (error) {
      this.#reader?.sourceFailed(error)
    }
    // An abandoned source without `return` has ended when it gives the part that was asked for.
    if (this.#iterator === undefined) this.#stuck?.clear()
  }

  /**
   * Aborts the signal, has the source clean up, and leaves it behind: nothing that it still does is heard. May be called
   * when the source has ended.
   */
  abandon(reason?: unknown): void {
    this.#reader = undefined
    const iterator = this.#iterator
    this.#iterator = undefined
    this.#controller.abort(reason)
    // Until it is read, the stack of an error holds the objects that were at work, this stream's log among them.
    void (this.signal.reason as Partial<Error> | undefined)?.stack
    if (iterator !== undefined) void this.#close(iterator)
  }

  async #close(iterator: AsyncIterator<Part>): Promise<void> {
    this.#stuck = this.#clock.alarm(this.#onStuck)
    this.#stuck.setIn(SOURCE_END_MS)
    if (iterator.return === undefined) return
    try {
      await iterator.return()
    } catch {
      // The attempt is over. A failure to clean up changes nothing for the stream.
    }
    this.#stuck.clear()
  }
}

/** @throws {TypeError} if what `run` returned gives no parts. */
function iterate(source: AsyncIterable<Part>): AsyncIterator<Part> {
  const { [Symbol.asyncIterator]: open } = (source ?? {}) as Partial<AsyncIterable<Part>>
  if (typeof open === 'function') return open.call(source)
  throw new TypeError(
    'run returned no async iterable: let it be an async generator (`async function*`), or return what a source gives.',
  )
}
