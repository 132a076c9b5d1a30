import { StreamingError } from '@sluice/core'
import type { Reading } from '../transport.ts'
import { EventStreamParser } from './event-stream.ts'

/** The body of one answer, as events. Reads nothing ahead of who asks. */
export class SseReading implements Reading {
  readonly streamId: string | null
  readonly #body: ReadableStreamDefaultReader<Uint8Array>
  readonly #parser: EventStreamParser
  readonly #maxEventLength: number
  // It takes one byte order mark away, as the algorithm wants it (WHATWG HTML §9.2.6).
  readonly #decoder = new TextDecoder()
  #events: unknown[] = []
  #failure: unknown
  /**
   * A `retry` field that no event has followed: it is about the end that comes next, "come back after so long".
   * One before events is for clients that have no backoff of their own.
   */
  #retryMs: number | undefined

  constructor(response: Response, signal: AbortSignal, maxEventLength: number) {
    if (response.body === null) {
      throw new StreamingError('protocol_error', 'This fetch gives no stream.')
    }
    this.streamId = response.headers.get('stream-id')
    this.#body = response.body.getReader()
    // Also where a `fetch` of the user's own does not look at the signal.
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
    const { done, value } = await this.#body.read()
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
      // Not yet: what came before the broken event is whole.
      this.#failure = thrown
    }
    return this.#events
  }
}
