import { StreamingError } from '@sluice/core'
import {
  type EventRange,
  type LogReader,
  type LogSubscriber,
  Segments,
  type StreamRecord,
} from '@sluice/core/server'
import type { StreamKeys } from './keys.ts'
import { PAGE } from './reading-scripts.ts'
import type { Store } from './store.ts'

const SEGMENT_BYTES = 16 * 1024

/** A stream as this process sees it: how far it is, its last events as bytes, and whatever is older in Redis. */
export abstract class StreamView implements LogReader {
  readonly record: StreamRecord
  readonly keys: StreamKeys
  first = 1
  last = 0
  ended = false
  protected readonly store: Store
  /** The end of the log; it may reach beyond `last`, to what Redis has not confirmed yet. */
  protected window = new Segments(SEGMENT_BYTES)
  /** Nearly always one, and told of each append: a list that is replaced is quicker to go through than a set. */
  #subscribers: readonly LogSubscriber[] = []
  #counted = 0

  constructor(store: Store, record: StreamRecord) {
    this.store = store
    this.record = record
    this.keys = store.keys.of(record.streamId)
  }

  /** Whether somebody in this process reads it. */
  get isRead(): boolean {
    return this.#subscribers.length > 0
  }

  /** Those who read it in this process. */
  get audience(): { readonly size: number; readonly furthest: number } {
    let [size, furthest] = [0, 0]
    for (const subscriber of this.#subscribers) {
      size += subscriber.size ?? 1
      furthest = Math.max(furthest, subscriber.furthest ?? 0)
    }
    return { size, furthest }
  }

  read(after: number, through: number, maxBytes: number): EventRange | Promise<EventRange> {
    const top = Math.min(through, this.last)
    const { first, last } = this.window
    if (first - 1 <= after && after < last) return this.window.range(after, top, maxBytes)
    return this.#page(after, Math.max(top, after + 1), maxBytes)
  }

  subscribe(subscriber: LogSubscriber): () => void {
    this.#subscribers = [...this.#subscribers, subscriber]
    return () => this.unsubscribe(subscriber)
  }

  protected unsubscribe(subscriber: LogSubscriber): void {
    this.#subscribers = this.#subscribers.filter((other) => other !== subscriber)
  }

  /** Nothing can be read any more. */
  evict(): void {
    const told = this.#subscribers
    this.#subscribers = []
    this.forgetBytes()
    for (const subscriber of told) subscriber.evicted()
  }

  /** The log has nothing below this chunk any more. */
  protected heardFirst(first: number): void {
    this.first = Math.max(this.first, first)
  }

  protected tellAppended(): void {
    for (const subscriber of this.#subscribers) subscriber.appended()
  }

  /** From here on what comes is kept; what is before is read from Redis. */
  protected forgetBytes(): void {
    this.window = new Segments(Math.min(SEGMENT_BYTES, this.store.bounds.maxStreamBytes / 16), this.last)
    this.account()
  }

  /** The window has grown or shrunk. */
  protected account(): void {
    const { byteLength } = this.window
    if (byteLength === this.#counted) return
    this.store.account(byteLength - this.#counted)
    this.#counted = byteLength
  }

  async #page(after: number, through: number, maxBytes: number): Promise<EventRange> {
    const { connection, bounds, meter } = this.store
    meter.pages += 1
    const reply = (await connection.ask(
      PAGE,
      [this.keys.meta, this.keys.log],
      [
        `${after + 1}`,
        `${through}`,
        `${Math.min(maxBytes, Number.MAX_SAFE_INTEGER)}`,
        `${bounds.ttlMs}`,
        `${bounds.endedTtlMs}`,
      ],
    )) as [number, ...string[]] | null
    if (reply === null) {
      this.evict()
      throw new StreamingError('resume_expired', 'The log no longer has this stream.')
    }
    const [first, ...events] = reply
    this.heardFirst(first)
    if (first > after + 1 || events.length === 0) {
      throw new StreamingError('resume_expired', `The log does not have chunk ${after + 1} any more.`)
    }
    const page = new Segments(undefined, after)
    for (const event of events) page.append(event)
    return page.range(after, through, Number.POSITIVE_INFINITY)
  }
}
