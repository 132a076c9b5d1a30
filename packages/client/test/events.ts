import type { StreamEvent } from '@sluice/core'

export const start = (streamId = 'stream-1'): StreamEvent => ({
  type: 'stream_start',
  chunk_id: 1,
  stream_id: streamId,
  stream: 'chat',
  created_at: 0,
})

export const content = (chunk_id: number, text: string): StreamEvent => ({
  type: 'content_chunk',
  chunk_id,
  content: text,
})

export const retry = (chunk_id: number, keep_until: number): StreamEvent => ({
  type: 'stream_retry',
  chunk_id,
  error_type: 'api_error',
  retry_count: 1,
  delay_ms: 0,
  keep_until,
})

export const complete = (chunk_id: number): StreamEvent => ({
  type: 'stream_complete',
  chunk_id,
  finish_reason: 'stop',
  usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
  total_chunks: chunk_id - 2,
  ttft_ms: 1,
  duration_ms: 2,
})

/** A whole stream of these texts. */
export function log(...texts: readonly string[]): StreamEvent[] {
  return [start(), ...texts.map((text, index) => content(index + 2, text)), complete(texts.length + 2)]
}
