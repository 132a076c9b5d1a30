import { StreamingError } from '@sluice/core'
import { createParser, type EventSourceParser } from 'eventsource-parser'
import type { Reading } from './transport.ts'

/** The body of one answer, as events. Reads nothing ahead of who asks. */
export class SseReading implements Reading {
  readonly streamId: string | null
  readonly #body: ReadableStreamDefaultReader<Uint8Array>
  readonly #parser: EventSourceParser
  // The parser takes the byte order mark away (WHATWG HTML §9.2.6); a decoder that did too would take two.
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  #events: unknown[] = []
  #failure: unknown
  /**
   * A `retry` field that no event has followed: it is about the end that comes next, "come back after so long".
   * One before events is for clients that have no backoff of their own.
   */
  #retryMs: number | undefined

  constructor(response: Response, signal: AbortSignal, maxEventLength: number) {
    if (response.body === null) {
      throw new StreamingError('protocol_error', 'This fetch does not give the body as a stream.')
    }
    this.streamId = response.headers.get('stream-id')
    this.#body = response.body.getReader()
    // Also where a `fetch` of the user's own does not look at the signal.
    signal.addEventListener('abort', () => this.#body.cancel().catch(() => {}))
    this.#parser = createParser({
      maxBufferSize: maxEventLength,
      onEvent: ({ data }) => {
        this.#retryMs = undefined
        this.#events.push(JSON.parse(data))
      },
      onRetry: (retryMs) => {
        this.#retryMs = retryMs
      },
      onError: ({ type, message }) => {
        // The other errors are fields that a client has to ignore (WHATWG HTML §9.2.6).
        if (type === 'max-buffer-size-exceeded') throw new StreamingError('protocol_error', message)
      },
    })
  }

  async next(): Promise<readonly unknown[]> {
    if (this.#failure !== undefined) throw this.#failure
    const { done, value } = await this.#body.read()
    if (done) {
      throw new StreamingError('connection_lost', 'The connection ended before the stream did.', {
        ...(this.#retryMs === undefined ? {} : { retryAfterMs: this.#retryMs }),
      })
    }
    this.#events = []
    try {
      this.#parser.feed(this.#decoder.decode(value, { stream: true }))
    } catch (thrown) {
      // Not yet: what came before the broken event is whole.
      this.#failure = thrown
    }
    return this.#events
  }
}
