import type { RetryPolicy } from '@sluice/core'
import type { Kept } from '../snapshot.ts'
import type { OpenRequest, Transport } from '../transport.ts'

/** The settings that the sessions of one client share. */
export interface SessionSettings {
  readonly transport: Transport
  readonly retry: Partial<RetryPolicy>
  readonly queueLimit: number
  readonly silenceMs: number
  readonly startMs: number
}

/** The stream that one session follows, and how it begins. */
export interface SessionOptions {
  /** A start, or the cursor to begin from. */
  readonly first: OpenRequest
  /**
   * Whether the page before this one, or another session, may have sent this start already, or have read this stream.
   * Then a cancel has to ask the server even before the first connection, and a stream that is gone is no error.
   */
  readonly isStored?: boolean
  /** The content of the stream that is already known. */
  readonly from?: Partial<Kept>
  /** Detaches. */
  readonly signal?: AbortSignal | undefined
}
