import type {
  DataChunkEvent,
  FileEvent,
  PartBegin,
  SourceEvent,
  StreamingError,
  StreamState,
  ToolCall,
  TranscriptContent,
  Usage,
} from '@sluice/core'

/** The condition that a session waits for before it can connect. */
export type Waiting =
  /** Other sessions of this transport hold all its connections. */
  | { readonly for: 'turn' }
  /** The browser says that there is no network. */
  | { readonly for: 'online'; readonly error: StreamingError }
  /** The next try, which comes `delayMs` after this was announced. */
  | {
      readonly for: 'retry'
      readonly delayMs: number
      /** 1 for the first. */
      readonly retryCount: number
      /** The error that interrupted the session, or refused it for now. */
      readonly error: StreamingError
    }

/**
 * All that a session knows, at one moment. Immutable; a new object only when something has changed, so that
 * it fits `useSyncExternalStore` and comparison by identity.
 */
export interface Snapshot {
  /**
   * `idle` while it waits for its first turn, `connecting` before each connection, `streaming` while it reads,
   * `paused` while the events' consumer is so far behind that the body is not read; then one of the final three.
   * It speaks of the reading: a consumer of the events may be up to `queueLimit` events behind it.
   */
  readonly state: StreamState
  /** Nothing more will come: the state is final, or the session was detached. */
  readonly ended: boolean
  /** Left on purpose; `state` stays what it was. */
  readonly detached: boolean
  /** Somebody called `cancel()`, and the server has not yet confirmed. */
  readonly cancelling: boolean
  /** `null` while it waits for nothing but the server. */
  readonly waiting: Waiting | null

  /**
   * `null` until the server has named it. Another one if the server that ran the stream has died, and another
   * server has begun it anew.
   */
  readonly streamId: string | null
  /** As the server named it, if it did. */
  readonly model: string | null
  /** The answer so far, without what a `stream_retry` made void. */
  readonly text: string
  /**
   * While it stays the same, `text` only grows. It counts up when a part of the text became void: by a
   * `stream_retry`, because the server's log no longer reached the cursor and was read from its start, or because
   * another server has begun the answer anew, as the stream that `streamId` then names.
   */
  readonly revision: number
  readonly reasoning: string
  /** In the order in which they began. The same array until one changes. */
  readonly toolCalls: readonly ToolCall[]
  /** The application's own parts so far, as the events that brought them. The same array until one comes. */
  readonly data: readonly DataChunkEvent[]
  /** The sources and citations so far. The same array until one comes. */
  readonly sources: readonly SourceEvent[]
  /** The files so far. The same array until one comes. */
  readonly files: readonly FileEvent[]
  /**
   * The order in which the parts began, for `partsOf(snapshot)`, which puts them together. The same array until a part
   * begins.
   */
  readonly order: readonly PartBegin[]
  readonly usage: Usage | null
  /** `stop`, `length`, `tool_calls`, …; `null` until the stream is complete. */
  readonly finishReason: string | null
  /** Why it was cancelled, as the `stream_cancelled` event says, if it came. */
  readonly cancelReason: string | null
  /** Set when the state is `error`, never otherwise. */
  readonly error: StreamingError | null

  /** The cursor: the last event that is in this snapshot; 0 for none. */
  readonly lastChunkId: number
  /** How many connections took the stream up again after an interruption. */
  readonly reconnects: number
  /** How often events were missing, and were read again. */
  readonly gaps: number
  /** How many events came twice, and were dropped. */
  readonly repeats: number
}

/**
 * The content of a stream that was kept, to resume from it. A snapshot is one. The cursor and the text belong together:
 * a cursor alone would give the second half of an answer.
 */
export type Kept = Pick<TranscriptContent, 'lastChunkId' | 'text'> & Partial<TranscriptContent>
