import type { StreamEvent } from '@sluice/core'
import type { Translator, Wire, WireMessage } from '@sluice/core/transport'

/** A wire with all that a wire can have: blocks, text to splice, several messages for an event, and `[DONE]`. */
export const plainWire: Wire = {
  name: 'plain',
  headers: { 'x-plain-wire': '1' },
  begin: () => new PlainTranslator(),
  errorBody: ({ type, message, status }) => ({ plain_error: { type, message, status } }),
}

class PlainTranslator implements Translator {
  openSince: number | undefined

  push(event: StreamEvent): WireMessage[] {
    if (event.type === 'content_chunk') {
      const begins = this.openSince === undefined
      this.openSince ??= event.chunk_id
      const delta = { data: { delta: event.content, block: this.openSince } }
      return begins ? [{ event: 'begin', data: { block: this.openSince } }, delta] : [delta]
    }
    const end = this.openSince === undefined ? [] : [{ event: 'end', data: { block: this.openSince } }]
    this.openSince = undefined
    switch (event.type) {
      case 'stream_complete':
        return [...end, { data: { finished: event.finish_reason } }, { data: '[DONE]' }]
      case 'stream_error':
      case 'stream_cancelled':
        return [...end, { data: { failed: event.type } }]
      case 'data_chunk':
        return [...end, { data: { [event.name]: event.data } }]
      default:
        return end
    }
  }

  around(type: 'content_chunk' | 'reasoning_chunk') {
    if (type !== 'content_chunk' || this.openSince === undefined) return undefined
    return { before: '{"delta":', after: `,"block":${this.openSince}}` }
  }
}

/** Numbers its messages, and repeats the answer at the end. */
export const countingWire: Wire = {
  name: 'counting',
  resumesFrom: 'start',
  begin() {
    let text = ''
    let count = 0
    return {
      openSince: undefined,
      push(event) {
        if (event.type === 'content_chunk') {
          text += event.content
          return [{ data: { number: count++, delta: event.content } }]
        }
        return event.type.startsWith('stream_') ? [{ data: { number: count++, [event.type]: text } }] : []
      },
    }
  },
  errorBody: ({ type }) => ({ counting_error: type }),
}
