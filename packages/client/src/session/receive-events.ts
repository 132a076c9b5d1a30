import { type StreamEvent, StreamingError } from '@sluice/core'
import type { SessionState } from './session-state.ts'

/**
 * Takes what came into the state, in order, each event once, up to the terminal one. `onEvent` gets each event
 * that was taken, except those of types that this version does not know: they count, and say nothing.
 *
 * @throws {StreamingError} `connection_lost` where events are missing, `resume_expired` where the state holds what
 * a retry has made void and cannot take it back, `producer_lost` where another stream has taken the place of this one.
 * What came before is in the state.
 */
export function receiveEvents(
  state: SessionState,
  events: readonly unknown[],
  onEvent: (event: StreamEvent) => void,
): void {
  for (const event of events) {
    if (!isNumbered(event)) continue
    const { lastChunkId } = state.transcript
    if (event.chunk_id <= lastChunkId) {
      state.count('repeats')
      state.note({ type: 'repeat', chunkId: event.chunk_id })
      continue
    }
    if (event.chunk_id > lastChunkId + 1) {
      state.count('gaps')
      state.note({ type: 'gap', lastChunkId, chunkId: event.chunk_id })
      throw new StreamingError('connection_lost', `Events are missing after ${lastChunkId}.`)
    }
    if (!state.transcript.canApply(event)) {
      throw new StreamingError('resume_expired')
    }
    if (
      event.type === 'stream_error' &&
      event.error_type === 'producer_lost' &&
      event.context?.restarted_as
    ) {
      throw StreamingError.fromWire(event)
    }
    state.transcript.apply(event)
    const isLast = record(state, event)
    if (isLast !== undefined) onEvent(event)
    if (isLast) return
  }
}

/** Whether it has a place in the stream's log. */
function isNumbered(event: unknown): event is StreamEvent {
  return Number.isSafeInteger((event as Partial<StreamEvent> | null)?.chunk_id)
}

/** What an event says beside the transcript. Returns whether it was the terminal one; `undefined`: of no known type. */
function record(state: SessionState, event: StreamEvent): boolean | undefined {
  switch (event.type) {
    case 'stream_start':
      state.change({ streamId: event.stream_id, model: event.model ?? null })
      return false
    case 'content_chunk':
      for (const tail of state.collectors) tail.text += event.content
      return false
    case 'stream_retry':
      state.count('revision')
      return false
    case 'stream_complete':
      state.end('completed', { finishReason: event.finish_reason, usage: event.usage ?? null })
      return true
    case 'stream_error':
      state.end('error', { error: StreamingError.fromWire(event) })
      return true
    case 'stream_cancelled':
      state.end('cancelled', { cancelReason: event.reason })
      return true
    case 'reasoning_chunk':
    case 'tool_call_chunk':
    case 'data_chunk':
      return false
    default:
      event satisfies never
      return undefined
  }
}
