import type { StreamingError, StreamState } from '@sluice/core'
import type { Waiting } from '../snapshot.ts'

/** An event in the life of a session, as `watch()` reports it: for logs, metrics, a debugging panel. */
export type Notice =
  | { readonly type: 'state'; readonly from: StreamState; readonly to: StreamState }
  /** Interrupted, or refused for now, as in the snapshot's `waiting`: the next try comes in `delayMs`. */
  | ({ readonly type: 'retry' } & Extract<Waiting, { readonly for: 'retry' }>)
  /** A connection took the stream up again, after the event with this number. */
  | { readonly type: 'reconnect'; readonly lastChunkId: number }
  /** The events after `lastChunkId` and before `chunkId` were missing. They are read again. */
  | { readonly type: 'gap'; readonly lastChunkId: number; readonly chunkId: number }
  /** An event came twice, and was dropped. */
  | { readonly type: 'repeat'; readonly chunkId: number }
  /** A proxy on the way buffers: the server can be reached, but events arrive only when the answer has ended. */
  | { readonly type: 'buffered' }
  /** The server refused a `cancel()`, or could not be reached. The generation goes on, and so does the session. */
  | { readonly type: 'cancel_failed'; readonly error: StreamingError }
  /** The retry policy had no try left. The stream itself may go on. */
  | { readonly type: 'given_up'; readonly error: StreamingError }
