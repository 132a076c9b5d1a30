import type { EventRange, Framing, StatefulFraming } from '@sluice/core/server'
import { type Pack, WireFraming, type WirePlace } from '@sluice/core/transport'

const BEFORE_JSON = '\ndata: '
const AFTER_JSON = '\n\n'
const CRLF = '\r\n'

/** Events as server-sent events, in the two forms that responses take. */
export interface SseFraming {
  readonly plain: Framing | StatefulFraming
  /** The same as one chunk of a chunked body (RFC 9112 §7.1), for an outlet that writes to the socket itself. */
  readonly chunked: Framing | StatefulFraming
}

/**
 * Events as server-sent events (WHATWG HTML §9.2.6): `id: {chunk_id}`, `data: {json}`, an empty line; LF only.
 * JSON text has no raw line break, so nothing in it can end a field or begin another.
 *
 * @param idPrefix text before the chunk_id, for URLs that do not name the stream; ASCII
 */
export function sseFraming(idPrefix = ''): { readonly plain: Framing; readonly chunked: Framing } {
  const beforeId = `id: ${idPrefix}`
  const fixed = beforeId.length + BEFORE_JSON.length + AFTER_JSON.length
  // Exact, so that a frame needs no second view on its memory, and a chunk can begin with its size.
  const sizeOf = ({ first, last, byteLength }: EventRange): number =>
    byteLength + (last - first + 1) * fixed + digitsOf(first, last)

  function write(range: EventRange, frame: Buffer, start: number): number {
    const end = range.copyEach(frame, start, (chunkId, from) => {
      let at = chunkId === range.first ? from : put(frame, from, AFTER_JSON)
      at = put(frame, at, beforeId)
      at = put(frame, at, String(chunkId))
      return put(frame, at, BEFORE_JSON)
    })
    return put(frame, end, AFTER_JSON)
  }

  return {
    plain(range) {
      const frame = Buffer.allocUnsafe(sizeOf(range))
      write(range, frame, 0)
      return frame
    },
    chunked(range) {
      const size = sizeOf(range)
      const head = size.toString(16) + CRLF
      const frame = Buffer.allocUnsafe(head.length + size + CRLF.length)
      put(frame, write(range, frame, put(frame, 0, head)), CRLF)
      return frame
    },
  }
}

/** The framing for URLs that name the stream: one, so that all viewers of a stream share its frames. */
export const sseFrames = sseFraming()

/** Events as the messages of a wire, for one viewer, from its place on. */
export function wireFraming({ translation }: WirePlace): SseFraming {
  return { plain: new WireFraming(translation, asItIs), chunked: new WireFraming(translation, asChunk) }
}

const asItIs: Pack = (bytes, from, to) => Buffer.from(bytes.subarray(from, to))

/** A chunk of a chunked body. The size of no frame has more digits than there is room before it. */
const asChunk: Pack = (bytes, from, to) => {
  const head = (to - from).toString(16) + CRLF
  put(bytes, from - head.length, head)
  return Buffer.from(bytes.subarray(from - head.length, put(bytes, to, CRLF)))
}

// Neither of these two has an empty line behind it. The specification needs none, and many readers, hand-written ones and
// @microsoft/fetch-event-source, make an empty message of it: they fail, and reconnect without end.

/** A comment: it keeps proxies from closing an idle connection, and every parser ignores it. */
export const HEARTBEAT = ':\n'

/** How long a native `EventSource` waits before it reconnects, in milliseconds. */
export function retryField(ms: number): string {
  return `retry: ${ms}\n`
}

/** How many digits the numbers from `first` to `last` have together: each has one for each power of ten up to it. */
function digitsOf(first: number, last: number): number {
  let digits = 0
  for (let power = 1; power <= last; power *= 10) digits += last - Math.max(first, power) + 1
  return digits
}

/** Writes a few characters of ASCII. For so few, a call out of JavaScript (`Buffer.write`) costs more than they do. */
function put(frame: Buffer, at: number, text: string): number {
  for (let index = 0; index < text.length; index++) frame[at + index] = text.charCodeAt(index)
  return at + text.length
}
