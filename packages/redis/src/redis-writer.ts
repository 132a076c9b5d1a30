import { StreamingError } from '@sluice/core'
import type { EventRange, LogSubscriber, LogWriter, StreamRecord } from '@sluice/core/server'
import { sendBatch } from './batch.ts'
import type { Lingering } from './linger.ts'
import { STATE } from './reading-scripts.ts'
import { Recovery } from './recovery.ts'
import type { Store } from './store.ts'
import { stateOf } from './stream-state.ts'
import { StreamView } from './stream-view.ts'
import type { WriterObserver } from './writer-observer.ts'
import { type WriterReply, writerReply } from './writer-reply.ts'
import { RENEW, TRIM } from './writing-scripts.ts'

/**
 * A stream that runs here. What is appended is kept here and sent to Redis, in batches that grow only while an
 * append is under way; nobody sees it before Redis has it. When it is not certain what Redis has, it asks, and goes
 * on from there.
 */
export class RedisWriter extends StreamView implements LogWriter, Lingering {
  readonly token: string
  readonly #observer: WriterObserver
  readonly #recovery: Recovery
  onCancel: (reason: string) => void = ignore
  onRoom: () => void = ignore
  onLost: (error: StreamingError) => void = ignore
  viewersElsewhere = 0
  /** When Redis last answered, on the wheel's clock. */
  answeredAt: number
  /** The chunk_id of the terminal event, once there is one. */
  #endId: number | undefined
  #isLost = false
  /** The highest chunk_id that was sent. */
  #sent = 0
  #inFlight = 0
  #unsafeBytes = 0
  /** When the times to live were set, on the wheel's clock. */
  #refreshedAt = Number.NEGATIVE_INFINITY
  #isScheduled = false
  #isCancelled = false
  #wasFull = false
  #safe: (() => void)[] = []

  constructor(store: Store, record: StreamRecord, token: string, observer: WriterObserver) {
    super(store, record)
    this.token = token
    this.#observer = observer
    this.#recovery = new Recovery(store, this)
    this.answeredAt = store.wheel.now()
    this.forgetBytes()
  }

  get next(): number {
    return this.window.last + 1
  }

  /** The lowest chunk_id that this process still has. */
  get firstKept(): number {
    return this.window.first
  }

  /** Whether it may still have something to send. */
  get isOpen(): boolean {
    return !this.#isLost && !this.ended
  }

  /** Whether nothing that was sent still waits for its answer. */
  get isQuiet(): boolean {
    return this.#inFlight === 0
  }

  get full(): boolean {
    const { maxStreamBytes, maxUnsafeBytes } = this.store.bounds
    if (this.store.full) this.#observer.waitsForRoom(this)
    this.#wasFull =
      this.window.byteLength >= maxStreamBytes || this.#unsafeBytes >= maxUnsafeBytes || this.store.full
    return this.#wasFull
  }

  append(json: string): number {
    if (this.#isLost) return 0
    if (this.#endId !== undefined)
      throw new StreamingError('unexpected_error', 'A stream that has ended takes no event.')
    // An event is a line of what is sent. Between the tokens of JSON a newline is as good as a space.
    const bytes = this.window.append(json.includes('\n') ? json.replaceAll('\n', ' ') : json)
    this.#unsafeBytes += bytes
    this.account()
    this.#schedule()
    return bytes
  }

  end(json: string): void {
    if (this.#isLost) return
    this.append(json)
    this.#endId = this.window.last
  }

  trim(chunkId: number): void {
    const { first } = this.window
    const passed = Math.min(chunkId, this.last)
    this.window.trim(passed, this.#marginBytes)
    if (this.#isStuck(passed)) this.window.trim(passed, 0)
    if (this.window.first === first) return
    this.first = this.window.first
    this.account()
    if (!this.isOpen) return
    const { meta, log } = this.keys
    this.store.connection.run(TRIM, [meta, log], [this.token, `${this.first}`]).catch(() => {
      // What was not trimmed goes with the next trim, or with the stream.
    })
  }

  canTrim(chunkId: number): boolean {
    const passed = Math.min(chunkId, this.last)
    return this.window.canTrim(passed, this.#isStuck(passed) ? 0 : this.#marginBytes)
  }

  /** Somebody, anywhere, asked for the stream to stop. */
  cancel(reason: string): void {
    if (this.#isCancelled || this.#endId !== undefined || this.#isLost) return
    this.#isCancelled = true
    this.onCancel(reason)
  }

  /** Renews the lease, unless an append has just done so. */
  renew(withinMs: number): void {
    if (!this.isOpen || this.#recovery.isUnderWay) return
    if (this.store.wheel.now() - this.answeredAt < withinMs) return
    this.askState().then(
      (reply) => this.#answered(reply, 0),
      () => {
        // Nothing was at stake. What is appended next finds out what is wrong.
      },
    )
  }

  askState(): Promise<WriterReply> {
    const { meta, log, viewers } = this.keys
    const { leaseMs, ttlMs } = this.store.bounds
    return this.store.connection
      .run(RENEW, [meta, log, viewers], [this.token, `${leaseMs}`, `${ttlMs}`])
      .then(writerReply)
  }

  lingered(): void {
    this.#send(true)
  }

  /** The connection goes again. */
  reconnected(): void {
    this.#recovery.hurry()
  }

  /** Resolves when all that was appended is in Redis, or never will be. */
  safe(): Promise<void> {
    if (!this.isOpen || this.last === this.window.last) return Promise.resolve()
    return new Promise((resolve) => this.#safe.push(resolve))
  }

  /** Redis has everything up to `last`: what follows is sent (again). */
  goOnFrom(last: number, viewersElsewhere: number): void {
    this.#sent = last
    this.viewersElsewhere = viewersElsewhere
    this.confirm(last)
    this.#schedule()
  }

  /** Redis had lost the stream; its record is there again. */
  restoredAt(last: number): void {
    this.store.meter.restored += 1
    this.#observer.restored(this)
    this.#refreshedAt = Number.NEGATIVE_INFINITY
    this.#sent = last
    this.#schedule()
  }

  /** Events up to `last` are in Redis, so they may be seen. */
  confirm(last: number): void {
    this.answeredAt = this.store.wheel.now()
    const isNews = last > this.last
    if (isNews) this.last = last
    this.#unsafeBytes =
      this.last === this.window.last
        ? 0
        : this.window.range(this.last, this.window.last, Number.POSITIVE_INFINITY).byteLength
    if (this.#endId !== undefined && this.last >= this.#endId && !this.ended) {
      this.ended = true
      this.#close('ended')
    }
    if (isNews) this.tellAppended()
    if (this.#unsafeBytes === 0) for (const resolve of this.#safe.splice(0)) resolve()
    if (this.ended && !this.isRead) this.forgetBytes()
    else if (this.#wasFull && this.#unsafeBytes < this.store.bounds.maxUnsafeBytes / 2) {
      this.#wasFull = false
      this.onRoom()
    }
  }

  /** Nothing that is written here counts any more: the run ends, and what others wrote is shown. */
  lose(error: StreamingError): void {
    if (!this.isOpen) return
    this.#isLost = true
    const { onLost } = this
    if (error.type === 'producer_lost') this.store.meter.fenced += 1
    this.forgetBytes()
    this.#close('lost')
    onLost(error)
    void this.#showTheirs()
  }

  protected override unsubscribe(subscriber: LogSubscriber): void {
    super.unsubscribe(subscriber)
    if (!this.isOpen && !this.isRead) this.forgetBytes()
  }

  /** What waits goes out once those who are heard in this turn have all been heard. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    process.nextTick(() => {
      this.#isScheduled = false
      this.#send(false)
    })
  }

  #send(isUrgent: boolean): void {
    const { linger, bounds } = this.store
    let mayGo = isUrgent || this.#inFlight === 0
    while (this.isOpen && !this.#recovery.isUnderWay && this.#sent < this.window.last) {
      const batch = this.window.range(this.#sent, this.window.last, bounds.maxBatchBytes)
      const isLarge = batch.last < this.window.last || batch.byteLength >= bounds.maxBatchBytes
      if (!mayGo && !isLarge) {
        linger.wait(this)
        return
      }
      mayGo = false
      this.#sent = batch.last
      void this.#sendBatch(batch)
    }
    linger.forget(this)
  }

  async #sendBatch(events: EventRange): Promise<void> {
    const { token, keys, store } = this
    const now = store.wheel.now()
    const refreshes = now - this.#refreshedAt > store.bounds.leaseMs / 3
    if (refreshes) this.#refreshedAt = now
    this.#inFlight += 1
    let reply: WriterReply | undefined
    try {
      reply = await sendBatch(store, { token, keys, events, isEnd: events.last === this.#endId, refreshes })
    } catch {
      // Whether Redis has them nobody knows now: the recovery asks.
    }
    this.#inFlight -= 1
    if (reply === undefined) this.#recovery.begin()
    else this.#answered(reply, events.last)
    // It may have waited for this answer: nothing is asked while an append might still change what is true.
    this.#recovery.hurry()
  }

  #answered(reply: WriterReply, sentThrough: number): void {
    if (!this.isOpen) return
    if (reply.is !== 'ok' || reply.last < sentThrough) {
      this.#recovery.begin()
      return
    }
    if (reply.viewersElsewhere >= 0) this.viewersElsewhere = reply.viewersElsewhere
    this.confirm(Math.min(reply.last, Math.max(sentThrough, this.last)))
    if (reply.cancel !== '') this.cancel(reply.cancel)
    if (reply.last > this.#sent || reply.last < this.last) this.#recovery.begin()
    else this.#send(false)
  }

  #close(how: 'ended' | 'lost'): void {
    this.#recovery.end()
    this.store.linger.forget(this)
    this.onCancel = ignore
    this.onRoom = ignore
    this.onLost = ignore
    for (const resolve of this.#safe.splice(0)) resolve()
    this.#observer.closed(this, how)
  }

  /** Whoever took the stream has ended it. */
  async #showTheirs(): Promise<void> {
    const { connection } = this.store
    const state = await connection.ask(STATE, [this.keys.meta], []).then(stateOf, () => undefined)
    // A viewer that has seen what others never will must not be told that it is up to date.
    if (state === undefined || state.last <= this.last || !state.ended) return this.evict()
    this.last = state.last
    this.ended = true
    this.forgetBytes()
    this.tellAppended()
  }

  /** With everything passed there is nobody to wait for: then a margin that fills the log by itself is given up. */
  #isStuck(chunkId: number): boolean {
    const isFull = this.window.byteLength >= this.store.bounds.maxStreamBytes || this.store.full
    return chunkId >= this.window.last && isFull
  }

  get #marginBytes(): number {
    return this.store.full ? 0 : this.store.bounds.resumeMarginBytes
  }
}

function ignore(): void {}
