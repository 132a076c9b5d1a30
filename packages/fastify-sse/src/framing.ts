import type { EventRange, Framing } from '@sluice/core/server'

const LF = 0x0a

/**
 * Events as server-sent events (WHATWG HTML §9.2.6): `id: {chunk_id}`, `data: {json}`, an empty line; LF only.
 * JSON text has no raw line break, so nothing in it can end a field or begin another.
 *
 * @param idPrefix what comes before the chunk_id, where the URL does not name the stream
 */
export function sseFraming(idPrefix = ''): Framing {
  const head = `id: ${idPrefix}`
  const overhead = head.length + '9007199254740991\ndata: \n\n'.length
  return (range: EventRange) => {
    const count = range.last - range.first + 1
    const frame = Buffer.allocUnsafe(range.byteLength + count * overhead)
    let at = 0
    range.forEach((chunkId, json, start, end) => {
      at += frame.write(`${head}${chunkId}\ndata: `, at, 'latin1')
      at += json.copy(frame, at, start, end)
      frame[at++] = LF
      frame[at++] = LF
    })
    return frame.subarray(0, at)
  }
}

/** The framing for URLs that name the stream: one, so that all viewers of a stream share its frames. */
export const sseFrames = sseFraming()

/** A comment: keeps what lies between from closing an idle connection, and is ignored by every parser. */
export const HEARTBEAT = Buffer.from(':\n\n')

/** How long a native `EventSource` waits before it reconnects, in milliseconds. */
export function retryField(ms: number): string {
  return `retry: ${Math.round(ms)}\n\n`
}
