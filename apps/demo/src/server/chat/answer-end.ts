import type { StreamEvent } from '@sluice/core'
import type { StreamEnd, StreamHandle } from '@sluice/core/server'
import type { AnswerError, StoredToolCall } from '../../shared/api.ts'
import type { AnswerEnd } from '../store/answers.ts'

/** What the instance that ran a stream was told of its end. */
export function endOf(end: StreamEnd, results: ReadonlyMap<number, string>): AnswerEnd {
  const { streamId, outcome, text, reasoning, toolCalls, error, finishReason, usage, ttftMs, durationMs } =
    end
  return {
    streamId,
    outcome,
    text,
    reasoning,
    toolCalls: toolCalls.map((call, index) => ({
      id: call.id ?? null,
      name: call.name ?? null,
      arguments: call.arguments,
      result: results.get(index) ?? null,
    })),
    error:
      error === undefined
        ? null
        : {
            type: error.type,
            message: error.message,
            recoverable: error.recoverable,
            retryAfter: error.retryAfterMs === undefined ? null : error.retryAfterMs / 1000,
          },
    finishReason: finishReason ?? null,
    outputTokens: usage?.output_tokens ?? null,
    ttftMs: ttftMs === undefined ? null : Math.round(ttftMs),
    durationMs: Math.round(durationMs),
  }
}

/** An end as it stands in a log. */
export interface LoggedEnd extends AnswerEnd {
  /** The stream in which another server writes the answer anew, where the one that wrote this has died. */
  readonly restartedAs: string | undefined
}

/** The same, from the log of a stream that has ended: for whoever has to store the end of a server that is gone. */
export async function readEnd(handle: StreamHandle): Promise<LoggedEnd | undefined> {
  const events = withoutVoid(await readAll(handle))
  const terminal = events.at(-1)
  if (terminal === undefined) return undefined
  const rest = {
    streamId: handle.record.streamId,
    text: join(events, 'content_chunk'),
    reasoning: join(events, 'reasoning_chunk'),
    toolCalls: toolCallsOf(events),
    error: null,
    finishReason: null,
    outputTokens: null,
    ttftMs: null,
    durationMs: null,
    restartedAs: undefined,
  }
  switch (terminal.type) {
    case 'stream_complete':
      return {
        ...rest,
        outcome: 'completed',
        finishReason: terminal.finish_reason,
        outputTokens: terminal.usage?.output_tokens ?? null,
        ttftMs: terminal.ttft_ms === null ? null : Math.round(terminal.ttft_ms),
        durationMs: Math.round(terminal.duration_ms),
      }
    case 'stream_cancelled':
      return { ...rest, outcome: 'cancelled' }
    case 'stream_error': {
      const { error_type: type, message, recoverable, retry_after: retryAfter = null, context } = terminal
      const error: AnswerError = { type, message, recoverable, retryAfter }
      const { restarted_as: successor } = context ?? {}
      return {
        ...rest,
        outcome: 'error',
        error,
        restartedAs: typeof successor === 'string' ? successor : undefined,
      }
    }
    default:
      return undefined
  }
}

/** A viewer of our own, from the first event to the last. */
function readAll(handle: StreamHandle): Promise<StreamEvent[]> {
  const events: StreamEvent[] = []
  return new Promise((resolve) => {
    handle.attach({
      after: 0,
      framing: (range) => {
        const lines: Uint8Array[] = []
        range.forEach((_chunkId, bytes, start, end) => {
          lines.push(bytes.subarray(start, end), LINE_END)
        })
        return Buffer.concat(lines)
      },
      sink: {
        write(frame) {
          const lines = Buffer.from(frame).toString().trimEnd().split('\n')
          events.push(...lines.map((line) => JSON.parse(line) as StreamEvent))
          return true
        },
        end: () => resolve(events),
      },
    })
  })
}

const LINE_END = Buffer.from('\n')

function withoutVoid(events: readonly StreamEvent[]): StreamEvent[] {
  const kept: StreamEvent[] = []
  for (const event of events) {
    if (event.type === 'stream_retry') {
      while (kept.length > 0 && kept.at(-1)!.chunk_id > event.keep_until) kept.pop()
    } else kept.push(event)
  }
  return kept
}

function join(events: readonly StreamEvent[], type: 'content_chunk' | 'reasoning_chunk'): string {
  return events.map((event) => (event.type === type ? event.content : '')).join('')
}

function toolCallsOf(events: readonly StreamEvent[]): StoredToolCall[] {
  const calls = new Map<number, StoredToolCall>()
  const none: StoredToolCall = { id: null, name: null, arguments: '', result: null }
  for (const event of events) {
    if (event.type === 'tool_call_chunk') {
      const call = calls.get(event.index) ?? none
      calls.set(event.index, {
        ...call,
        id: call.id ?? event.id ?? null,
        name: call.name ?? event.name ?? null,
        arguments: call.arguments + (event.arguments ?? ''),
      })
    } else if (event.type === 'data_chunk' && event.name === 'tool_result') {
      const { index, result } = event.data as { readonly index: number; readonly result: string }
      const call = calls.get(index)
      if (call !== undefined) calls.set(index, { ...call, result })
    }
  }
  return [...calls.values()]
}
