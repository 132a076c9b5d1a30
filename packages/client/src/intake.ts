import { isTerminal, type StreamEvent, StreamingError } from '@sluice/core'
import type { Store } from './store.ts'

const KNOWN: Readonly<Record<StreamEvent['type'], true>> = {
  stream_start: true,
  content_chunk: true,
  reasoning_chunk: true,
  tool_call_chunk: true,
  data_chunk: true,
  stream_retry: true,
  stream_complete: true,
  stream_error: true,
  stream_cancelled: true,
}

/**
 * Takes what came into the store, in order, each event once, up to the terminal one. `onEvent` gets each event
 * that was taken, except those of types that this version does not know: they count, and say nothing.
 *
 * @throws {StreamingError} `connection_lost` where events are missing, `resume_expired` where the store holds what
 * a retry has made void and cannot take it back. What came before is in the store.
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
      continue
    }
    if (event.chunk_id > lastChunkId + 1) {
      store.count('gaps')
      throw new StreamingError('connection_lost', `Events are missing after ${lastChunkId}.`)
    }
    if (!store.transcript.canApply(event)) {
      throw new StreamingError('resume_expired', 'What was kept of the stream is void.')
    }
    store.transcript.apply(event)
    note(store, event)
    if (Object.hasOwn(KNOWN, event.type)) onEvent(event)
    if (store.ended) return
  }
}

/** Whether it has a place in the stream's log. */
function isNumbered(event: unknown): event is StreamEvent {
  return Number.isSafeInteger((event as Partial<StreamEvent> | null)?.chunk_id)
}

/** What an event says beside the transcript. */
function note(store: Store, event: StreamEvent): void {
  store.change()
  if (event.type === 'stream_start') store.change({ streamId: event.stream_id, model: event.model ?? null })
  if (event.type === 'content_chunk') for (const tail of store.tails) tail.text += event.content
  if (event.type === 'stream_retry') store.count('revision')
  if (!isTerminal(event)) return
  if (event.type === 'stream_error') store.end('error', { error: StreamingError.fromWire(event) })
  else if (event.type === 'stream_cancelled') store.end('cancelled', { cancelReason: event.reason })
  else store.end('completed', { finishReason: event.finish_reason, usage: event.usage ?? null })
}
