import type { StreamingError, StreamState } from '@sluice/core'
import type { Waiting } from '../snapshot.ts'

/** What happened to a session, for those who watch: logs, metrics, a debugging panel. */
export type Notice =
  | { readonly type: 'state'; readonly from: StreamState; readonly to: StreamState }
  /** Interrupted, or refused for now, as the snapshot's `waiting` says: the next try comes in `delayMs`. */
  | ({ readonly type: 'retry' } & Extract<Waiting, { readonly for: 'retry' }>)
  /** A connection took the stream up again, after the event with this number. */
  | { readonly type: 'reconnect'; readonly lastChunkId: number }
  /** The events after `lastChunkId` and before `chunkId` were missing. They are read again. */
  | { readonly type: 'gap'; readonly lastChunkId: number; readonly chunkId: number }
  /** An event came twice. It was dropped. */
  | { readonly type: 'repeat'; readonly chunkId: number }
  /** The retry policy had no try left. The stream itself may well go on. */
  | { readonly type: 'given_up'; readonly error: StreamingError }
