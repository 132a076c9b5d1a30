// #region wire
import type { StreamEvent } from '@sluice/core'
import { createHub, memoryLog } from '@sluice/core/server'
import type { Translator, Wire, WireMessage } from '@sluice/core/transport'
import { streamReply } from '@sluice/fastify-sse'
import Fastify from 'fastify'

/** For a client that reads paragraphs: `open`, `delta`, `close`, and at the end `done` or `failed`. */
export const paragraphs: Wire = {
  name: 'paragraphs',
  headers: { 'x-format': 'paragraphs-1' },
  begin: () => new Paragraphs(),
  errorBody: ({ type, message }) => ({ problem: type, detail: message }),
}

class Paragraphs implements Translator {
  /** The event with which the paragraph that is open began. */
  openSince: number | undefined

  push(event: StreamEvent): readonly WireMessage[] {
    if (event.type === 'content_chunk') {
      const begin = this.openSince === undefined ? [{ event: 'open', data: { p: event.chunk_id } }] : []
      this.openSince ??= event.chunk_id
      return [...begin, { event: 'delta', data: { p: this.openSince, text: event.content } }]
    }
    // Anything else ends the paragraph.
    const close = this.openSince === undefined ? [] : [{ event: 'close', data: { p: this.openSince } }]
    this.openSince = undefined
    switch (event.type) {
      case 'stream_complete':
        return [...close, { event: 'done', data: { reason: event.finish_reason } }]
      case 'stream_retry':
        // This client cannot take text back. If no text is void, it need not know.
        if (event.keep_until === event.chunk_id - 1) return close
        return [...close, { event: 'failed', data: { type: event.type } }]
      case 'stream_error':
      case 'stream_cancelled':
        return [...close, { event: 'failed', data: { type: event.type } }]
      default:
        return close
    }
  }

  /** Within a paragraph, only the text differs: it is copied from the log. */
  around(type: 'content_chunk' | 'reasoning_chunk') {
    if (type !== 'content_chunk' || this.openSince === undefined) return undefined
    return { event: 'delta', before: `{"p":${this.openSince},"text":`, after: '}' }
  }
}
// #endregion

export const app = Fastify()
export const hub = createHub({ streams: {}, log: memoryLog() })
await app.register(streamReply, { hub, owner: false })

// #region wire-route
app.post('/ask', (_request, reply) =>
  reply.stream(
    async function* () {
      yield 'One paragraph, '
      yield 'in two pieces.'
    },
    { wire: paragraphs },
  ),
)
// #endregion
