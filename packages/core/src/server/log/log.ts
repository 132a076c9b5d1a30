import type { StreamingError } from '../../errors.ts'
import type { TextEventType } from '../run/coalescer.ts'
import type { EventRange } from './segments.ts'

/** A value, or a promise of it: a log in this process answers at once, a shared one cannot. */
export type MaybePromise<T> = T | Promise<T>

/** The facts about a stream that a log keeps besides its events. */
export interface StreamRecord {
  readonly streamId: string
  /** The definition's name. */
  readonly stream: string
  /** The owner of the start; `undefined` if the application names none. */
  readonly owner: string | undefined
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** The key that the start was made with, and the input that it is bound to. */
  readonly idempotency: { readonly key: string; readonly inputHash: string } | undefined
  /** The conversation that it is a part of, as the application names it; absent if it names none. */
  readonly thread?: string
  /** The scope that it is bound to besides its owner and its name: a route with its parameters, for instance. */
  readonly scope?: string
  /** A short text of the routes that started it: what they have to know when it is read, on any instance. */
  readonly note?: string
}

/** A conversation. It belongs to one owner: others may use the same name. */
export interface ThreadScope {
  readonly owner: string | undefined
  readonly thread: string
}

/** An idempotency key belongs to one owner and one definition: others may use the same one. */
export interface IdempotencyScope {
  readonly owner: string | undefined
  readonly stream: string
  readonly key: string
}

/** The state that the next producer of an answer begins with, if this one dies. */
export interface RestartPlan {
  /** JSON text: the input, as the start brought it. */
  readonly input: string
  /** How many producers have died of it, or while they were at it. */
  readonly restarts: number
  readonly maxRestarts: number
  /** The last checkpoint that the previous producer saved; `undefined` if it saved none. */
  readonly checkpoint: string | undefined
}

/** Starts the streams of dead producers again: a hub. */
export interface Restarter {
  /** Whether it could run this stream now. */
  accepts(record: StreamRecord): boolean
  /** Runs it, in the stream that was created in its place. */
  restart(log: LogWriter, plan: RestartPlan): void
}

/** The outcome of an attempt to create a stream. */
export type Creation =
  | { readonly outcome: 'created'; readonly writer: LogWriter }
  /** The idempotency key has a stream already. */
  | { readonly outcome: 'exists'; readonly reader: LogReader }
  /** The key was cancelled before this start came. */
  | { readonly outcome: 'cancelled' }

/**
 * Keeps the streams. {@link memoryLog} keeps them in this process; a shared one lets any instance serve any
 * viewer. A log MUST keep append order, MUST NOT change or drop an event except from the front, MUST show an
 * event to readers only once it is kept, and MUST take nothing after a terminal event.
 */
export interface StreamLog {
  /** Whether other instances can serve what this one has written. */
  readonly shared: boolean
  /** Whether all streams together are at their bound, so that no new one fits. */
  readonly full: boolean
  /** Bytes held in this process. */
  readonly byteLength: number
  /** Whether an owner has used up its share, so that no new stream of it fits. @default never */
  isFullFor?(owner: string): boolean
  /**
   * Creates a stream, and reserves its idempotency key in the same step. A log that outlives its producers keeps the
   * plan, if there is one, and has exactly one instance's restarter follow it.
   */
  create(record: StreamRecord, plan?: RestartPlan): MaybePromise<Creation>
  /** Restarts the streams that dead producers of other instances leave. */
  restartWith?(restarter: Restarter): void
  open(streamId: string): MaybePromise<LogReader | undefined>
  openByKey(scope: IdempotencyScope): MaybePromise<LogReader | undefined>
  /** Refuses a start with this key that has not come yet. Returns its stream if it has. */
  refuseKey(scope: IdempotencyScope): MaybePromise<LogReader | undefined>
  /**
   * Tells the producer of the stream to stop it; if that died and another stream has taken its place, the producer
   * of that one. Nothing happens if the stream has ended otherwise.
   */
  requestCancel(streamId: string, reason: string): MaybePromise<void>
  /** The streams that an owner has here, running and ended. */
  list(owner: string): MaybePromise<readonly LogReader[]>
  /**
   * The streams of a thread that are here, running and ended, in the order in which they were created. A thread lives
   * as long as its streams: a log MUST keep nothing of a thread that has none left.
   */
  listThread(scope: ThreadScope): MaybePromise<readonly LogReader[]>
  /** Forgets a stream that has ended: its events, and its idempotency key. Nothing happens to one that runs. */
  forget(streamId: string): MaybePromise<void>
  /** Frees ended streams that nobody has read for so long, in milliseconds: memory is short. */
  evictEnded(unreadForMs: number): void
  /** Lets go of everything. */
  close(): MaybePromise<void>
}

/** A stream as this process can read it. */
export interface LogReader {
  readonly record: StreamRecord
  /** The lowest chunk_id that can be read. */
  readonly first: number
  /** The highest chunk_id that can be read; 0 when there is none yet. */
  readonly last: number
  /** Whether `last` is a terminal event. */
  readonly ended: boolean
  /** The viewers on other instances, if it is written here and the log is shared. */
  readonly elsewhere?: ViewersElsewhere
  /**
   * The events after `after`, through `through` at most: at least one, else as many as fit into `maxBytes`.
   * The caller keeps `first - 1 <= after < last`.
   */
  read(after: number, through: number, maxBytes: number): MaybePromise<EventRange>
  /** Calls back after each append, and when the log discards the stream. Returns the way to stop that. */
  subscribe(subscriber: LogSubscriber): () => void
}

/** Is notified of what happens to a stream. */
export interface LogSubscriber {
  /** How many viewers it is there for. @default 1 */
  readonly size?: number
  /** The chunk_id that the first of them has come to. @default 0 */
  readonly furthest?: number
  appended(): void
  /** The log no longer has this stream (evicted, expired). */
  evicted(): void
}

/** The viewers that a stream has on other instances, as its writer knows of them. */
export interface ViewersElsewhere {
  readonly size: number
  /** The chunk_id that the first of them has come to. */
  readonly furthest: number
  /**
   * Asks for their positions, because the producer waits for them; {@link LogProducer.progressed} follows the answer.
   * Without it they say so now and then.
   */
  ask(): void
}

/** The producer of a stream, as the log knows it: a run. */
export interface LogProducer {
  /** Somebody, on any instance, asked for the stream to stop. */
  cancel(reason: string): void
  /** A full log may have room again without a `trim`, or viewers elsewhere have moved on. */
  progressed(): void
  /** It may write no more: another producer took its place, or the store is gone for good. */
  fail(error: StreamingError): void
}

/** A stream as its one producer writes it. {@link HeldWriter} is most of one, for any store. */
export interface LogWriter extends LogReader {
  /** The chunk_id of the next event. A shared log shows an event later than it takes it, so `last` may be behind. */
  readonly next: number
  /** Whether the log is at its bound. Further events are still kept; a producer stops when it sees this. */
  readonly full: boolean
  /**
   * Adds the event with chunk_id `next`, as JSON text that begins with `type` and `chunk_id`. Returns its bytes of UTF-8.
   * @throws {StreamingError} `unexpected_error` if its chunk_id is not `next`, or the stream has ended. It MUST then
   * leave the stream as it is.
   */
  append(json: string): number
  /** As `append` of the text event that this text makes, if the log writes that faster than it takes a string. */
  appendText?(type: TextEventType, text: string): number
  /** Adds the last event. It checks and throws as `append` does. */
  end(json: string): void
  /**
   * Frees what lies at or below `chunkId`, less the margin that is kept for viewers that reconnect. The margin is freed
   * too if readers have passed all that they can see and the stream is still full.
   */
  trim(chunkId: number): void
  /** Whether `trim(chunkId)` would free anything. */
  canTrim(chunkId: number): boolean
  /** Keeps a text for the producer that follows if this one dies. */
  saveCheckpoint?(checkpoint: string): void
  /** Tells this producer what happens to its stream. A cancel that came before MUST be told too, in a later microtask. */
  setProducer(producer: LogProducer): void
}
