import type { Frame } from '../delivery/wire.ts'
import type { ResponseObject } from './response-object.ts'
import type { ResponseWire } from './response-wire.ts'

/** A response that can be asked for again after its connection is gone. */
export class StoredResponse {
  /** Whether it can be followed from any place: it was made with `background` and `stream`. */
  readonly followable: boolean
  readonly #wire: ResponseWire
  readonly #log: Frame[] = []
  readonly #cancelled = new AbortController()
  #ended = false
  #grown = Promise.withResolvers<void>()

  /**
   * @param wire - holds the response as it stands
   * @param followable - whether its events are kept
   */
  constructor(wire: ResponseWire, followable: boolean) {
    this.#wire = wire
    this.followable = followable
  }

  /** The response as it stands. */
  get response(): ResponseObject {
    return this.#wire.response
  }

  /** An event that breaks off in the middle of its JSON. */
  malformed(): string {
    return this.#wire.malformed()
  }

  /** Aborted by `cancel`. */
  get signal(): AbortSignal {
    return this.#cancelled.signal
  }

  /** Lets a model say it to the end, with or without anyone who listens; resolves then. */
  async generate(batches: AsyncIterable<readonly Frame[]>): Promise<void> {
    for await (const batch of batches) {
      if (this.signal.aborted) break
      if (this.followable) this.#log.push(...batch)
      this.#grow()
    }
    this.#ended = true
    this.#grow()
  }

  /**
   * Its events from the first to the last, as they come.
   *
   * @param after - number of the last event that is already known; -1 for none. A frame is an event, so its
   * number is its place in the log.
   * @param signal - ends the following
   */
  async *follow(after: number, signal: AbortSignal): AsyncGenerator<readonly Frame[], void, void> {
    const gone = Promise.withResolvers<void>()
    const leave = () => gone.resolve()
    signal.addEventListener('abort', leave)
    try {
      for (let next = after + 1; !signal.aborted; ) {
        if (next < this.#log.length) {
          const batch = this.#log.slice(next)
          next += batch.length
          yield batch
        } else if (this.#ended) return
        else await Promise.race([this.#grown.promise, gone.promise])
      }
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }

  /** Stops the model at once. Nothing happens if it has ended. */
  cancel(): void {
    if (this.#ended) return
    this.#wire.cancel()
    this.#cancelled.abort()
  }

  #grow(): void {
    this.#grown.resolve()
    this.#grown = Promise.withResolvers()
  }
}
