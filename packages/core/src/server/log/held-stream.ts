import { StreamingError } from '../../errors.ts'
import type { HeldMemory, MemoryShare } from './held-memory.ts'
import type { LogReader, LogSubscriber, MaybePromise, StreamRecord } from './log.ts'
import { type EventRange, Segments } from './segments.ts'

/**
 * A stream as this process holds it, for a log to build its readers on: the tail of its events as bytes, the
 * watermark up to which readers may see them, its subscribers, and the count of its bytes. If the store has older
 * events than the tail, override {@link HeldStream.readOlder}. For the stream of a producer, see {@link HeldWriter}.
 */
export abstract class HeldStream implements LogReader {
  readonly record: StreamRecord
  first = 1
  /**
   * The watermark: readers see events up to this chunk_id. A log in memory moves it with each append, a store that is
   * written behind once it has confirmed the event.
   */
  last = 0
  ended = false
  protected readonly memory: HeldMemory
  /** The share of the memory that its bytes count to. It may change while the tail is empty. */
  protected share: MemoryShare
  /** The end of the stream. It may reach beyond {@link HeldStream.last}, and may begin after {@link HeldStream.first}. */
  protected tail: Segments
  /** Nearly always one, and told of each event: a list that is replaced is faster to go through than a set. */
  #subscribers: readonly LogSubscriber[] = []
  #accountedBytes = 0
  #isAccounted = true

  constructor(memory: HeldMemory, record: StreamRecord, share = memory.common) {
    this.memory = memory
    this.share = share
    this.record = record
    this.tail = new Segments(memory.segmentBytes)
  }

  /** Bytes that the tail takes. */
  get byteLength(): number {
    return this.tail.byteLength
  }

  /** Whether it has a subscriber in this process. */
  get isRead(): boolean {
    return this.#subscribers.length > 0
  }

  /** The viewers in this process: how many, and the chunk_id that the first of them has come to. */
  get viewers(): { readonly size: number; readonly furthest: number } {
    let [size, furthest] = [0, 0]
    for (const subscriber of this.#subscribers) {
      size += subscriber.size ?? 1
      furthest = Math.max(furthest, subscriber.furthest ?? 0)
    }
    return { size, furthest }
  }

  read(after: number, through: number, maxBytes: number): MaybePromise<EventRange> {
    const { first, last } = this.tail
    if (first - 1 <= after && after < last) {
      return this.tail.range(after, Math.min(through, this.last), maxBytes)
    }
    return this.readOlder(after, Math.max(Math.min(through, this.last), after + 1), maxBytes)
  }

  subscribe(subscriber: LogSubscriber): () => void {
    this.#subscribers = this.#subscribers.concat(subscriber)
    return () => {
      if (!this.#subscribers.includes(subscriber)) return
      this.#subscribers = this.#subscribers.filter((other) => other !== subscriber)
      this.unsubscribed()
    }
  }

  /** Nothing can be read any more: tells the subscribers, and forgets them. */
  evict(): void {
    const told = this.#subscribers
    this.#subscribers = []
    for (const subscriber of told) subscriber.evicted()
  }

  /**
   * Reads what the tail does not have, at least the event after `after`, from the store.
   * @throws {StreamingError} `resume_expired` if the store does not have it any more. Without a store it always does.
   */
  protected readOlder(after: number, _through: number, _maxBytes: number): MaybePromise<EventRange> {
    throw new StreamingError('resume_expired', `The log does not have chunk ${after + 1} any more.`)
  }

  /** A subscriber has left. */
  protected unsubscribed(): void {}

  /** Tells the subscribers that the watermark has moved. */
  protected tellAppended(): void {
    for (const subscriber of this.#subscribers) subscriber.appended()
  }

  /** Drops the tail: it begins anew after the watermark. Its events must then be read from the store. */
  protected dropTail(): void {
    this.tail = new Segments(this.memory.segmentBytes, this.last)
    this.account()
  }

  /** Counts the bytes of the tail, after it has changed. */
  protected account(): void {
    const bytes = this.tail.byteLength - this.#accountedBytes
    if (bytes === 0 || !this.#isAccounted) return
    this.#accountedBytes += bytes
    this.memory.account(bytes, this.share)
  }

  /** Counts the bytes of the tail no more: the log does not have this stream any more. */
  protected stopAccounting(): void {
    if (!this.#isAccounted) return
    this.#isAccounted = false
    this.memory.account(-this.#accountedBytes, this.share)
  }
}
