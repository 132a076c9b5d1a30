import { StreamingError } from '../../errors.ts'
import type { TextEventType } from '../run/coalescer.ts'
import type { LogSubscriber, LogWriter, StreamRecord } from './log.ts'
import { type EventRange, Segments } from './segments.ts'

/** The log that a {@link MemoryStream} is held by: its bounds, and what it wants to know. */
export interface HoldingLog {
  readonly maxStreamBytes: number
  readonly resumeMarginBytes: number
  /** Whether all streams together are at their bound. */
  readonly full: boolean
  /** As `full`, for a stream that is told by `onRoom` when it is not so any more. */
  isFullFor(stream: MemoryStream): boolean
  /** So many bytes more are held; fewer, where it is negative. */
  account(bytes: number): void
  streamEnded(stream: MemoryStream): void
}

/** One stream of a log in memory: its bytes, and who reads them. */
export class MemoryStream implements LogWriter {
  readonly record: StreamRecord
  readonly #log: HoldingLog
  readonly #events: Segments
  /** Nearly always one, and told of each event: a list that is replaced is quicker to go through than a set. */
  #subscribers: readonly LogSubscriber[] = []
  /** Whether the log has it still: what is appended after that is nobody's. */
  #isHeld = true
  ended = false
  onCancel: (reason: string) => void = ignore
  onRoom: () => void = ignore
  onLost: (error: StreamingError) => void = ignore

  constructor(log: HoldingLog, record: StreamRecord) {
    this.#log = log
    this.record = record
    this.#events = new Segments(log.maxStreamBytes / 16)
  }

  get first(): number {
    return this.#events.first
  }

  get last(): number {
    return this.#events.last
  }

  get next(): number {
    return this.#events.last + 1
  }

  get byteLength(): number {
    return this.#events.byteLength
  }

  /** Whether somebody here still reads it. */
  get isRead(): boolean {
    return this.#subscribers.length > 0
  }

  get full(): boolean {
    return this.#events.byteLength >= this.#log.maxStreamBytes || this.#log.isFullFor(this)
  }

  append(json: string): number {
    const bytes = this.#add(json)
    for (const subscriber of this.#subscribers) subscriber.appended()
    return bytes
  }

  appendText(type: TextEventType, text: string): number {
    this.#checkOpen()
    const before = this.#events.byteLength
    const bytes = this.#events.appendText(type, text)
    this.#account(before)
    for (const subscriber of this.#subscribers) subscriber.appended()
    return bytes
  }

  end(json: string): void {
    this.#add(json)
    const unsealed = this.#events.byteLength
    this.#events.seal()
    this.#account(unsealed)
    this.ended = true
    this.onCancel = ignore
    this.onRoom = ignore
    if (this.#isHeld) this.#log.streamEnded(this)
    for (const subscriber of this.#subscribers) subscriber.appended()
  }

  trim(chunkId: number): void {
    const before = this.#events.byteLength
    this.#events.trim(chunkId, this.#marginBytes)
    this.#account(before)
    if (!this.#isStuck(chunkId)) return
    const still = this.#events.byteLength
    this.#events.trim(chunkId, 0)
    this.#account(still)
  }

  canTrim(chunkId: number): boolean {
    return this.#events.canTrim(chunkId, this.#isStuck(chunkId) ? 0 : this.#marginBytes)
  }

  /** With everything passed there is nobody to wait for: then a margin that fills the log by itself is given up. */
  #isStuck(chunkId: number): boolean {
    return chunkId >= this.last && this.full
  }

  /** Those who may come back are given up for those who are here, when the process has no room left. */
  get #marginBytes(): number {
    return this.#log.full ? 0 : this.#log.resumeMarginBytes
  }

  read(after: number, through: number, maxBytes: number): EventRange {
    return this.#events.range(after, through, maxBytes)
  }

  subscribe(subscriber: LogSubscriber): () => void {
    this.#subscribers = this.#subscribers.concat(subscriber)
    return () => {
      this.#subscribers = this.#subscribers.filter((other) => other !== subscriber)
    }
  }

  /** @internal */
  evict(): void {
    this.#isHeld = false
    for (const subscriber of this.#subscribers) subscriber.evicted()
    this.#subscribers = []
  }

  #add(json: string): number {
    this.#checkOpen()
    const before = this.#events.byteLength
    const bytes = this.#events.append(json)
    this.#account(before)
    return bytes
  }

  #checkOpen(): void {
    if (this.ended) throw new StreamingError('unexpected_error', 'A stream that has ended takes no event.')
  }

  #account(before: number): void {
    if (!this.#isHeld || this.#events.byteLength === before) return
    this.#log.account(this.#events.byteLength - before)
  }
}

function ignore(): void {}
