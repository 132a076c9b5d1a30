import type { StreamEvent } from '@sluice/core'
import type { StreamRecord } from '@sluice/core/server'
import type { Wire, WireMessage } from '@sluice/core/transport'
import OpenAI from 'openai'
import { encodeNote } from '../../src/openai/ids.ts'

const BASE = {
  streamId: 'A'.repeat(22),
  stream: 'chat',
  owner: undefined,
  createdAt: 1_700_000_000_000,
  idempotency: undefined,
}

/** The record of a stream that was started by OpenAI's API, with the names of the functions that the client runs. */
export function openAiRecord(...tools: readonly string[]): StreamRecord {
  return { ...BASE, note: encodeNote('support-bot', tools) }
}

/** Events of an answer, numbered, between a start and an end. */
export function answer(middle: readonly object[], end: object = complete()): readonly StreamEvent[] {
  const start = {
    type: 'stream_start',
    stream_id: BASE.streamId,
    stream: BASE.stream,
    created_at: BASE.createdAt,
  }
  return [start, ...middle, end].map((event, at) => ({ ...event, chunk_id: at + 1 }) as StreamEvent)
}

export function complete(finishReason = 'stop', usage: object | undefined = USAGE): object {
  return {
    type: 'stream_complete',
    finish_reason: finishReason,
    ...(usage && { usage }),
    total_chunks: 1,
    ttft_ms: 1,
    duration_ms: 2_500,
  }
}

export const USAGE = {
  input_tokens: 3,
  output_tokens: 4,
  total_tokens: 7,
  cached_tokens: 1,
  reasoning_tokens: 2,
  details: { 'prompt_tokens_details.audio_tokens': 5 },
}

export const text = (content: string): object => ({ type: 'content_chunk', content })
export const reasoning = (content: string): object => ({ type: 'reasoning_chunk', content })
export const call = (index: number, fields: object): object => ({ type: 'tool_call_chunk', index, ...fields })
export const result = (index: number, output: unknown, isError = false): object => ({
  type: 'tool_result',
  index,
  id: `c${index}`,
  output,
  is_error: isError,
})
export const failed = {
  type: 'stream_error',
  error_type: 'rate_limit',
  message: 'Too many.',
  recoverable: true,
}
export const stopped = { type: 'stream_cancelled', reason: 'cancelled' }

/** The messages that the events become. */
export function messagesOf(
  wire: Wire,
  events: readonly StreamEvent[],
  record: StreamRecord,
): readonly WireMessage[] {
  const translator = wire.begin(record)
  return events.flatMap((event) => translator.push(event))
}

/** The same, as the body of an answer. */
export function bodyOf(wire: Wire, events: readonly StreamEvent[], record: StreamRecord): string {
  return messagesOf(wire, events, record)
    .map(({ event, data }) => {
      const json = typeof data === 'string' ? data : JSON.stringify(data)
      return `${event === undefined ? '' : `event: ${event}\n`}data: ${json}\n\n`
    })
    .join('')
}

/** A client of OpenAI's that gets this body for its answer. */
export function clientOf(body: string): OpenAI {
  const fetch = async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  return new OpenAI({ apiKey: 'k', baseURL: 'http://localhost/v1', fetch, maxRetries: 0 })
}
