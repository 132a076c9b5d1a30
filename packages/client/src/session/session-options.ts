import type { RetryPolicy } from '@sluice/core'
import type { Kept } from '../snapshot.ts'
import type { OpenRequest, Transport } from '../transport.ts'

/** What the sessions of one client have in common. */
export interface SessionSettings {
  readonly transport: Transport
  readonly retry: Partial<RetryPolicy>
  readonly queueLimit: number
  readonly silenceMs: number
  readonly startMs: number
}

/** What one session is to follow. */
export interface SessionOptions {
  /** A start, or the cursor to begin from. */
  readonly first: OpenRequest
  /**
   * Whether the page before this one, or another session, may have sent this start already, or have read this stream.
   * Then a cancel has to ask the server even before the first connection, and a stream that is gone is no error.
   */
  readonly isStored?: boolean
  /** What is already known of the stream. */
  readonly from?: Partial<Kept>
  /** Detaches. */
  readonly signal?: AbortSignal | undefined
}
