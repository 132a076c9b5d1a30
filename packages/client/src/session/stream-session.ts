import type { StreamEvent, StreamState } from '@sluice/core'
import type { Snapshot } from '../snapshot.ts'
import type { Notice } from './notice.ts'
import type { SessionStats } from './stats.ts'

/** A change of a text: more at its end, or all of it. */
export type Delta = { readonly append: string } | { readonly reset: string }

/**
 * One stream, followed to its end whatever the network does.
 *
 * Three ways to look at it, each for its purpose:
 * - `for await (const event of session)`: every event, once, in order. One consumer; a slow one slows the reading
 *   down (its body is not read while `queueLimit` events wait), and loses nothing.
 * - `text()`, `deltas()`: any number of consumers. A slow one gets fewer and larger steps, and holds nothing up.
 * - `snapshot` and `subscribe`: for frameworks.
 *
 * The three end in the same way: quietly when the stream is completed, cancelled or detached; the two loops throw
 * the {@link StreamingError} when it ends in `error`.
 */
export interface StreamSession<E = StreamEvent> extends AsyncIterable<E> {
  /** Short for `snapshot.state`. */
  readonly state: StreamState
  /** Short for `snapshot.streamId`: `null` until the server has named it. */
  readonly streamId: string | null
  /** The `Idempotency-Key` of this start; `null` for a session that was attached. */
  readonly idempotencyKey: string | null
  /** All that is known now. The same object until something changes. */
  readonly snapshot: Snapshot
  /**
   * The last snapshot, as soon as the session has ended and released its connection. Never rejects: what went
   * wrong is in `snapshot.error`.
   */
  readonly done: Promise<Snapshot>
  /** How it goes: times, rates, bounds. Counted anew each time it is asked for. */
  readonly stats: SessionStats

  /**
   * Calls `listener` after each change, at most once per read from the network. An error that it throws is reported as
   * uncaught, and disturbs nobody else.
   * @returns the function that ends it. Bound, as `useSyncExternalStore` wants it.
   */
  readonly subscribe: (listener: () => void) => () => void

  /**
   * Calls `listener` with what happens to the session beside its events: states, retries, reconnects, gaps, repeats,
   * giving up. In order, right after those who subscribed; what it throws is reported as uncaught.
   * @returns the function that ends it.
   */
  watch(listener: (notice: Notice) => void): () => void

  /**
   * Every event from the session's beginning, typed, in order, without gap or repeat. If the server's log no
   * longer reached the cursor, they begin again with `stream_start`; also, with another `stream_id`, if the server
   * died and another one has begun the answer anew: what came before is void.
   *
   * Leaving the loop early (`break`) leaves the loop and nothing else: the session goes on for its other readers.
   * @throws {TypeError} for a second consumer, or when events have already gone by: take it in the same turn as
   * `start`.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<E>

  /** The whole text so far, whenever it has changed, also right after a `stream_retry` has shortened it. */
  text(): AsyncIterableIterator<string>

  /**
   * The changes of a text that began empty, for piecewise rendering: `{ append }`, or `{ reset }` with the
   * whole text if the earlier changes are void.
   */
  deltas(): AsyncIterableIterator<Delta>

  /**
   * Stops the generation on the server. Closes its own connection first, then asks, repeatedly if the network
   * fails, and resolves when the server has confirmed: the state is then `cancelled`. It stays `completed` if
   * the end had already arrived. Before the stream has an id it asks by the idempotency key; before anything was
   * sent, nothing is. Idempotent.
   *
   * @throws {StreamingError} when the server refused or could not be reached. The generation then goes on, and so
   * does the session; `cancel()` may be called again.
   */
  cancel(): Promise<void>

  /** Leaves. The generation goes on, and `attach` finds it again. Idempotent. */
  detach(): void
}
