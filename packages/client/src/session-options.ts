import type { RetryPolicy } from '@sluice/core'
import type { Kept } from './snapshot.ts'
import type { OpenRequest, Transport } from './transport.ts'
import type { Turns } from './turns.ts'

/** What the sessions of one client have in common. */
export interface SessionSettings {
  readonly transport: Transport
  readonly turns: Turns
  readonly retry: Partial<RetryPolicy>
  readonly queueLimit: number
  readonly silenceMs: number
  readonly startMs: number
}

/** What one session is to follow. */
export interface SessionOptions {
  /** A start, or the cursor to begin from. */
  readonly first: OpenRequest
  /** What is already known of the stream. */
  readonly from?: Kept | undefined
  /** Detaches. */
  readonly signal?: AbortSignal | undefined
}
