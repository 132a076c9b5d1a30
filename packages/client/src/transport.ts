/**
 * How a session reaches a server: one function to read, one to cancel. The session owns order, retries and time;
 * a transport makes one attempt and reports its result.
 *
 * An implementation
 * - MUST reject with a `StreamingError` whose `type`, `status` and `retryAfterMs` say what was wrong
 *   (`connection_lost` if it was the network). A `TypeError` of `fetch` about the network counts as `connection_lost`,
 *   anything else as a mistake of the page, which ends the session;
 * - MUST release everything that belongs to an attempt when its `signal` is aborted, and then reject. The
 *   signal of a reading is always aborted in the end;
 * - MUST NOT retry by itself, except once for credentials that have expired;
 * - MAY deliver an event twice, leave some out, or end at any point: the session checks `chunk_id`.
 */
export interface Transport {
  /**
   * Resolves when a connection may be opened, and calls `onWait` if that takes a while. The connection counts as
   * closed when `signal` is aborted.
   * @default a connection may always be opened
   */
  ready?(signal: AbortSignal, onWait: () => void): Promise<void>
  /**
   * Begins one reading. `onBuffered` may be called, again and again, if the server can be reached but nothing of this
   * reading comes, because a proxy on the way buffers it: the session then keeps waiting.
   * @returns `undefined` if the stream has ended and the cursor is its last event: there is nothing to read.
   */
  open(request: OpenRequest, signal: AbortSignal, onBuffered?: () => void): Promise<Reading | undefined>
  /** Asks once for the generation to stop. Resolves when the server has confirmed. */
  cancel(request: CancelRequest, signal: AbortSignal): Promise<void>
  /**
   * Sends a start that the server has not confirmed, while the page is being left. It must outlive the page, and
   * nobody reads its answer. The request may be a repeat: its key makes it one generation.
   */
  sendOnLeave?(request: StartRequest): void
}

/** One connection's worth of a stream's events. */
export interface Reading {
  /** As the server named it in its answer; `null` if only the first event has it. */
  readonly streamId: string | null
  /**
   * Resolves with the JSON values since the last call, in order, as soon as there is one; an empty array is a sign of
   * life (a heartbeat). Nothing is read from the network unless this is called: that is the backpressure.
   *
   * The end of the connection is a rejection too, since only a terminal event ends a stream; its `retryAfterMs`
   * is the wait that the server has asked for.
   */
  next(): Promise<readonly unknown[]>
  /** Tells that the consumer has processed everything through `chunkId`. For transports that acknowledge. */
  processed?(chunkId: number): void
  /** How many events the server may send beyond the last that was processed. For transports that acknowledge. */
  readonly window?: number
  /** Events that have come and that nobody has asked for yet. @default 0 */
  readonly queued?: number
}

/** A first reading, which starts the generation, or finds the one that the same key has started. */
export interface StartRequest {
  readonly kind: 'start'
  /** The definition's name. */
  readonly name: string
  /** JSON text: made once, so that each attempt sends the same, whatever becomes of the object. */
  readonly input: string
  readonly idempotencyKey: string
  /** The conversation that the stream becomes a part of. */
  readonly thread?: string | undefined
}

/**
 * The stream that runs in a thread, from its beginning. A transport MUST reject with `not_found` if none runs. Its
 * reading names the stream, so that the session goes on with a {@link ResumeRequest}.
 */
export interface LatestRequest {
  readonly kind: 'latest'
  readonly name: string
  readonly thread: string
}

/** Everything after a cursor. */
export interface ResumeRequest {
  readonly kind: 'resume'
  readonly name: string
  readonly streamId: string
  /** The last event that was processed; 0 for none. */
  readonly lastChunkId: number
}

/** The request that a reading begins with. */
export type OpenRequest = StartRequest | ResumeRequest | LatestRequest

/** Names the generation to stop: a stream, a start whose answer has not come, or the running answer of a thread. */
export type CancelRequest =
  | { readonly name: string; readonly streamId: string }
  | { readonly name: string; readonly idempotencyKey: string }
  | { readonly name: string; readonly thread: string }
