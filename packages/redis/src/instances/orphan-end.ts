import type { StreamingError, StreamStartEvent } from '@sluice/core'
import type { StreamRecord } from '@sluice/core/server'

/**
 * The last event of a stream that somebody else ends: what comes before its chunk_id, and what after. And the first
 * one, for a stream whose producer died before Redis had even that: its readers learn from it which stream it is.
 */
export function orphanEnd(
  { streamId, stream, createdAt }: StreamRecord,
  error: StreamingError,
): readonly [start: string, before: string, after: string] {
  const start: StreamStartEvent = {
    type: 'stream_start',
    chunk_id: 1,
    stream_id: streamId,
    stream,
    created_at: createdAt,
  }
  const end = JSON.stringify({ type: 'stream_error', chunk_id: 0, ...error.toWire() })
  const at = end.indexOf('0,')
  return [JSON.stringify(start), end.slice(0, at), end.slice(at + 1)]
}
