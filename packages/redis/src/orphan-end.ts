import type { StreamingError } from '@sluice/core'

/** The last event of a stream that somebody else ends: what comes before its chunk_id, and what after. */
export function terminalEvent(error: StreamingError): readonly [before: string, after: string] {
  const event = JSON.stringify({ type: 'stream_error', chunk_id: 0, ...error.toWire() })
  const at = event.indexOf('0,')
  return [event.slice(0, at), event.slice(at + 1)]
}
