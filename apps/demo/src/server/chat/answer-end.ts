import { type ToolCall, Transcript } from '@sluice/core'
import type { StreamEnd, StreamHandle } from '@sluice/core/server'
import type { AnswerError, StoredToolCall } from '../../shared/api.ts'
import type { AnswerEnd } from '../store/answers.ts'

/** The end of a stream, as the instance that ran it knows it. */
export function endOf(end: StreamEnd): AnswerEnd {
  const { streamId, outcome, text, reasoning, toolCalls, error, finishReason, usage, ttftMs, durationMs } =
    end
  return {
    streamId,
    outcome,
    text,
    reasoning,
    toolCalls: toolCalls.map(toStoredCall),
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
  /** The stream in which another server writes the answer anew, if the server that wrote this one has died. */
  readonly restartedAs: string | undefined
}

/** The same, from the log of a stream that has ended: the server that ran it is gone, and could not store it. */
export async function readEnd(handle: StreamHandle): Promise<LoggedEnd | undefined> {
  const transcript = new Transcript()
  for await (const event of handle.read()) transcript.apply(event)
  const { text, reasoning, end: terminal } = transcript
  const rest = {
    streamId: handle.record.streamId,
    text,
    reasoning,
    toolCalls: transcript.toolCalls.map(toStoredCall),
    error: null,
    finishReason: null,
    outputTokens: null,
    ttftMs: null,
    durationMs: null,
    restartedAs: undefined,
  }
  switch (terminal?.type) {
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

function toStoredCall({ id, name, arguments: json, result }: ToolCall): StoredToolCall {
  return { id, name, arguments: json, result: result === undefined ? null : JSON.stringify(result.output) }
}
