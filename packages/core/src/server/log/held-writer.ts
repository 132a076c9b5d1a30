import { StreamingError } from '../../errors.ts'
import type { TextEventType } from '../run/coalescer.ts'
import type { WaitingForMemory } from './held-memory.ts'
import { HeldStream } from './held-stream.ts'
import type { LogProducer, LogWriter } from './log.ts'

/**
 * The stream of a producer in this process, for a log to build its writers on: it takes events, moves the watermark,
 * says when the producer has to wait, and trims. A log says what it does with an event that was taken:
 *
 * - A log in memory moves the watermark at once: `taken() { this.show(this.next - 1) }`.
 * - A store that is written behind sends the event, and calls {@link HeldWriter.show} when the store has confirmed it.
 *   Nobody sees the event before that, and nothing is trimmed that nobody could see.
 */
export abstract class HeldWriter extends HeldStream implements LogWriter, WaitingForMemory {
  #producer: LogProducer | undefined
  #cancelReason: string | undefined
  /** Whether events are taken: the terminal event has not been appended, and the stream is not lost. */
  #takesEvents = true
  #isLost = false
  #endId: number | undefined
  #unconfirmedBytes = 0
  /** Whether the producer was told to wait because the store has too much to confirm. */
  #waitsForStore = false
  #onConfirmed: (() => void)[] | undefined

  get next(): number {
    return this.tail.last + 1
  }

  /** The chunk_id of the terminal event, once it is appended. */
  get endId(): number | undefined {
    return this.#endId
  }

  /** Whether something may still be appended or confirmed: it has neither ended nor was it lost. */
  get isOpen(): boolean {
    return !this.#isLost && !this.ended
  }

  get full(): boolean {
    const { memory } = this
    const isMemoryFull = memory.isFullFor(this.share)
    if (isMemoryFull) memory.wait(this)
    this.#waitsForStore = this.#unconfirmedBytes >= memory.maxUnconfirmedBytes
    return this.#waitsForStore || isMemoryFull || this.tail.byteLength >= memory.maxStreamBytes
  }

  append(json: string): number {
    if (!this.#takesEvents) return this.#refuse()
    checkChunkId(json, this.next)
    return this.#appended(this.tail.append(json))
  }

  appendText(type: TextEventType, text: string): number {
    return this.#takesEvents ? this.#appended(this.tail.appendText(type, text)) : this.#refuse()
  }

  end(json: string): void {
    if (!this.#takesEvents) return void this.#refuse()
    checkChunkId(json, this.next)
    this.#takesEvents = false
    this.#endId = this.next
    this.#appended(this.tail.append(json))
  }

  trim(chunkId: number): void {
    const { first } = this.tail
    const passed = Math.min(chunkId, this.last)
    this.tail.trim(passed, this.#marginBytes)
    if (this.#isStuck(passed)) this.tail.trim(passed, 0)
    if (this.tail.first === first) return
    this.first = this.tail.first
    this.account()
    this.trimmed()
  }

  canTrim(chunkId: number): boolean {
    const passed = Math.min(chunkId, this.last)
    return this.tail.canTrim(passed, this.#isStuck(passed) ? 0 : this.#marginBytes)
  }

  setProducer(producer: LogProducer): void {
    this.#producer = producer
    const reason = this.#cancelReason
    if (reason !== undefined) queueMicrotask(() => this.#producer?.cancel(reason))
  }

  /** Tells the producer to stop, once. A producer that is set later is told then. */
  cancel(reason: string): void {
    if (this.#cancelReason !== undefined || !this.#takesEvents) return
    this.#cancelReason = reason
    this.#producer?.cancel(reason)
  }

  /** @internal */
  hasRoom(): void {
    this.progressed()
  }

  /** Resolves when the store has confirmed all that was appended, or never will. */
  confirmed(): Promise<void> {
    if (!this.isOpen || this.last === this.tail.last) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onConfirmed ??= []
      this.#onConfirmed.push(resolve)
    })
  }

  /** An event was taken into the tail: shows it, or has the store write it. */
  protected abstract taken(): void

  /** Events below {@link HeldStream.first} were freed here; the store may free them too. */
  protected trimmed(): void {}

  /** Nothing is appended or confirmed any more. */
  protected closed(_how: 'ended' | 'lost'): void {}

  /** The producer may go on, perhaps. */
  protected progressed(): void {
    this.#producer?.progressed()
  }

  /** Moves the watermark: the log has the events up to `last` for good. */
  protected show(last: number): void {
    if (last <= this.last || !this.isOpen) return
    if (last === this.tail.last) this.#unconfirmedBytes = 0
    else this.#unconfirmedBytes -= this.tail.range(this.last, last, Number.POSITIVE_INFINITY).byteLength
    this.last = last
    if (last === this.#endId) {
      this.ended = true
      this.#close('ended')
    }
    this.tellAppended()
    if (this.#unconfirmedBytes === 0) this.#tellConfirmed()
    if (this.#waitsForStore && this.#unconfirmedBytes < this.memory.maxUnconfirmedBytes / 2) {
      this.#waitsForStore = false
      this.progressed()
    }
  }

  /** The producer may write no more: another one has taken the stream, or the store is gone. It is told `error`. */
  protected lost(error: StreamingError): void {
    if (!this.isOpen) return
    const producer = this.#producer
    this.#isLost = true
    this.#takesEvents = false
    this.dropTail()
    this.#close('lost')
    producer?.fail(error)
  }

  /** Called if it takes no events: what is appended to a lost stream is nobody's. */
  #refuse(): number {
    if (this.#isLost) return 0
    throw new StreamingError('unexpected_error', 'A stream that has ended takes no event.')
  }

  #appended(bytes: number): number {
    this.#unconfirmedBytes += bytes
    this.account()
    this.taken()
    return bytes
  }

  #close(how: 'ended' | 'lost'): void {
    this.#producer = undefined
    this.memory.forget(this)
    this.closed(how)
    this.#tellConfirmed()
  }

  #tellConfirmed(): void {
    const told = this.#onConfirmed
    this.#onConfirmed = undefined
    if (told !== undefined) for (const resolve of told) resolve()
  }

  /** Whether this stream, or all of them, are at a bound that a trim may help against. */
  get #isAtBound(): boolean {
    return this.tail.byteLength >= this.memory.maxStreamBytes || this.memory.isFullFor(this.share)
  }

  /**
   * Whether the margin has to be given up: the viewers have passed all that they can see, so nobody is left to wait
   * for, and the stream is still at its bound. Unconfirmed events do not count: no viewer can pass them.
   */
  #isStuck(passed: number): boolean {
    return passed >= this.last && this.#isAtBound
  }

  /** If all streams are at their bound, viewers who may come back are given up for those who are here. */
  get #marginBytes(): number {
    return this.memory.isFullFor(this.share) ? 0 : this.memory.resumeMarginBytes
  }
}

const BEFORE_TYPE = '{"type":"'
const BEFORE_ID = ',"chunk_id":'

/**
 * Checks that an event is the one that comes next. Its text begins with `type` and `chunk_id`, so nothing is parsed.
 * @throws {StreamingError} `unexpected_error`
 */
function checkChunkId(json: string, next: number): void {
  const id = `${next}`
  const before = json.startsWith(BEFORE_TYPE) ? json.indexOf('"', BEFORE_TYPE.length) + 1 : 0
  const end = before + BEFORE_ID.length + id.length
  const isNext =
    json.startsWith(BEFORE_ID, before) &&
    json.startsWith(id, before + BEFORE_ID.length) &&
    (json[end] === ',' || json[end] === '}')
  if (isNext) return
  const cause = new RangeError(`The next event has chunk_id ${next}; this one is ${json.slice(0, 80)}`)
  throw new StreamingError('unexpected_error', 'An event was appended out of order.', { cause })
}
