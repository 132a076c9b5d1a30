import { StreamingError } from '@sluice/core'
import { lostBy } from '../network/failures.ts'
import type { Reading } from '../transport.ts'
import { EventStreamParser } from './event-stream.ts'

/** The body of one response, as events. It reads nothing before `next()` is called. */
export class SseReading implements Reading {
  readonly streamId: string | null
  readonly #body: ReadableStreamDefaultReader<Uint8Array>
  readonly #parser: EventStreamParser
  readonly #maxEventLength: number
  readonly #onBytes: () => void
  // It takes one byte order mark away, as the algorithm wants it (WHATWG HTML §9.2.6).
  readonly #decoder = new TextDecoder()
  #events: unknown[] = []
  #failure: unknown
  /**
   * A `retry` field that no event has followed: it is the wait before the next connection. A field before events is
   * for clients without a backoff of their own.
   */
  #retryMs: number | undefined

  /** `onBytes` is called with each read that brings something. */
  constructor(
    response: Response,
    signal: AbortSignal,
    maxEventLength: number,
    onBytes: () => void = () => {},
  ) {
    // `undefined` in React Native.
    if (!response.body) {
      throw new StreamingError('protocol_error', 'There is no `response.body`: this `fetch` cannot stream.')
    }
    this.#onBytes = onBytes
    this.streamId = response.headers.get('stream-id')
    this.#body = response.body.getReader()
    // Also if a `fetch` of the page's own ignores the signal.
    signal.addEventListener('abort', () => this.#body.cancel().catch(() => {}))
    this.#maxEventLength = maxEventLength
    this.#parser = new EventStreamParser({
      onData: (data) => {
        this.#retryMs = undefined
        this.#events.push(JSON.parse(data))
      },
      onRetry: (retryMs) => {
        this.#retryMs = retryMs
      },
    })
  }

  async next(): Promise<readonly unknown[]> {
    if (this.#failure !== undefined) throw this.#failure
    const { done, value } = await this.#body.read().catch((thrown) => {
      throw lostBy(thrown)
    })
    this.#onBytes()
    if (done) {
      throw new StreamingError('connection_lost', 'The connection ended.', {
        retryAfterMs: this.#retryMs,
      })
    }
    this.#events = []
    try {
      this.#parser.feed(this.#decoder.decode(value, { stream: true }))
      if (this.#parser.pending > this.#maxEventLength) {
        throw new StreamingError(
          'protocol_error',
          `An event has more than ${this.#maxEventLength} characters.`,
        )
      }
    } catch (thrown) {
      // Thrown by the next call: the events before the broken one are whole.
      this.#failure = thrown instanceof StreamingError ? thrown : lostBy(thrown)
    }
    return this.#events
  }
}
