import { type StreamEvent, StreamingError } from '@sluice/core'
import type { Store } from './store.ts'

/**
 * Takes what came into the store, in order, each event once, up to the terminal one. `onEvent` gets each event
 * that was taken, except those of types that this version does not know: they count, and say nothing.
 *
 * @throws {StreamingError} `connection_lost` where events are missing, `resume_expired` where the store holds what
 * a retry has made void and cannot take it back, `producer_lost` where another stream has taken the place of this one.
 * What came before is in the store.
 */
export function takeIn(
  store: Store,
  events: readonly unknown[],
  onEvent: (event: StreamEvent) => void,
): void {
  for (const event of events) {
    if (!isNumbered(event)) continue
    const { lastChunkId } = store.transcript
    if (event.chunk_id <= lastChunkId) {
      store.count('repeats')
      store.note({ type: 'repeat', chunkId: event.chunk_id })
      continue
    }
    if (event.chunk_id > lastChunkId + 1) {
      store.count('gaps')
      store.note({ type: 'gap', lastChunkId, chunkId: event.chunk_id })
      throw new StreamingError('connection_lost', `Events are missing after ${lastChunkId}.`)
    }
    if (!store.transcript.canApply(event)) {
      throw new StreamingError('resume_expired')
    }
    if (
      event.type === 'stream_error' &&
      event.error_type === 'producer_lost' &&
      event.context?.restarted_as
    ) {
      throw StreamingError.fromWire(event)
    }
    store.transcript.apply(event)
    const isLast = record(store, event)
    if (isLast !== undefined) onEvent(event)
    if (isLast) return
  }
}

/** Whether it has a place in the stream's log. */
function isNumbered(event: unknown): event is StreamEvent {
  return Number.isSafeInteger((event as Partial<StreamEvent> | null)?.chunk_id)
}

/** What an event says beside the transcript. Returns whether it was the terminal one; `undefined`: of no known type. */
function record(store: Store, event: StreamEvent): boolean | undefined {
  switch (event.type) {
    case 'stream_start':
      store.change({ streamId: event.stream_id, model: event.model ?? null })
      return false
    case 'content_chunk':
      for (const tail of store.tails) tail.text += event.content
      return false
    case 'stream_retry':
      store.count('revision')
      return false
    case 'stream_complete':
      store.end('completed', { finishReason: event.finish_reason, usage: event.usage ?? null })
      return true
    case 'stream_error':
      store.end('error', { error: StreamingError.fromWire(event) })
      return true
    case 'stream_cancelled':
      store.end('cancelled', { cancelReason: event.reason })
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
