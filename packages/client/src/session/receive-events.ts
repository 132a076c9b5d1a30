import { type StreamEvent, StreamingError } from '@sluice/core'
import type { SessionState } from './session-state.ts'

/**
 * Takes what came into the state, in order, each event once, up to the terminal one. `onEvent` gets each event
 * that was taken, except those that say nothing to this version: they only move the cursor.
 *
 * @throws {StreamingError} `connection_lost` if events are missing, `resume_expired` if the state holds what
 * a retry has made void and cannot take it back, `producer_lost` if another stream has taken the place of this one.
 * The events before it are in the state.
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
    if (!state.transcript.apply(event)) continue
    record(state, event)
    onEvent(event)
    if (state.transcript.end) return
  }
}

/** Whether it has a place in the stream's log. */
function isNumbered(event: unknown): event is StreamEvent {
  return Number.isSafeInteger((event as Partial<StreamEvent> | null)?.chunk_id)
}

/** Records the facts of an event that are not in the transcript. */
function record(state: SessionState, event: StreamEvent): void {
  switch (event.type) {
    case 'stream_start':
      state.change({ streamId: event.stream_id, model: event.model ?? null })
      break
    case 'content_chunk':
      for (const tail of state.collectors) tail.text += event.content
      break
    case 'stream_retry':
      state.count('revision')
      break
    case 'stream_complete':
      state.end('completed', { finishReason: event.finish_reason, usage: event.usage ?? null })
      break
    case 'stream_error':
      state.end('error', { error: StreamingError.fromWire(event) })
      break
    case 'stream_cancelled':
      state.end('cancelled', { cancelReason: event.reason })
      break
  }
}
