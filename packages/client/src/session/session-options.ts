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
  /** Whether another session, or the page before this one, may have sent this start already. */
  readonly mayBeSent?: boolean | undefined
  /** What is already known of the stream. */
  readonly from?: Partial<Kept>
  /** Detaches. */
  readonly signal?: AbortSignal | undefined
}
