import { StreamingError } from '@sluice/core'
import type {
  EventRange,
  LogSubscriber,
  LogWriter,
  RestartPlan,
  StreamRecord,
  TextEventType,
} from '@sluice/core/server'
import { Outgoing, type Sender } from './outgoing.ts'
import { STATE } from './reading-scripts.ts'
import { Recovery } from './recovery.ts'
import type { Store } from './store.ts'
import { stateOf } from './stream-state.ts'
import { StreamView } from './stream-view.ts'
import { ViewersElsewhere } from './viewers-elsewhere.ts'
import type { WriterObserver } from './writer-observer.ts'
import { type Elsewhere, type WriterReply, writerReply } from './writer-reply.ts'
import { CHECKPOINT, RENEW, TRIM } from './writing-scripts.ts'

/**
 * A stream that runs here. What is appended is kept here, and goes out to Redis; nobody sees it before Redis has it.
 * When it is not certain what Redis has, it asks, and goes on from there.
 */
export class RedisWriter extends StreamView implements LogWriter, Sender {
  readonly token: string
  readonly #observer: WriterObserver
  readonly #recovery: Recovery
  readonly #outgoing: Outgoing
  readonly #elsewhere: ViewersElsewhere
  /** What follows where this producer dies. */
  plan: RestartPlan | undefined
  onRoom: () => void = ignore
  onLost: (error: StreamingError) => void = ignore
  /** When Redis last answered, on the clock's clock. */
  answeredAt: number
  endId: number | undefined
  #isLost = false
  #unsafeBytes = 0
  #onCancel: (reason: string) => void = ignore
  #cancelReason: string | undefined
  #wasFull = false
  #safe: (() => void)[] = []

  constructor(store: Store, record: StreamRecord, token: string, observer: WriterObserver) {
    super(store, record)
    this.token = token
    this.#observer = observer
    this.#recovery = new Recovery(store, this)
    this.#outgoing = new Outgoing(store, this)
    this.#elsewhere = new ViewersElsewhere(store, this.keys.channel, () => this.onRoom())
    this.answeredAt = store.clock.now()
    this.forgetBytes()
  }

  get viewersElsewhere(): number {
    return this.#elsewhere.size
  }

  get furthestElsewhere(): number {
    return this.#elsewhere.furthest
  }

  get next(): number {
    return this.window.last + 1
  }

  get top(): number {
    return this.window.last
  }

  /** The lowest chunk_id that this process still has. */
  get firstKept(): number {
    return this.window.first
  }

  /** A cancel may have come before there was a run to hear of it. */
  set onCancel(onCancel: (reason: string) => void) {
    this.#onCancel = onCancel
    queueMicrotask(() => {
      if (this.#cancelReason !== undefined) this.#onCancel(this.#cancelReason)
    })
  }

  /** Whether it may still have something to send. */
  get isOpen(): boolean {
    return !this.#isLost && !this.ended
  }

  get maySend(): boolean {
    return this.isOpen && !this.#recovery.isUnderWay
  }

  /** Whether nothing that was sent still waits for its answer. */
  get isQuiet(): boolean {
    return this.#outgoing.isQuiet
  }

  get full(): boolean {
    const { maxStreamBytes, maxUnsafeBytes } = this.store.bounds
    if (this.store.full) this.#observer.waitsForRoom(this)
    this.#wasFull =
      this.window.byteLength >= maxStreamBytes || this.#unsafeBytes >= maxUnsafeBytes || this.store.full
    return this.#wasFull
  }

  append(json: string): number {
    if (!this.#takesEvents()) return 0
    // An event is a line of what is sent. Between the tokens of JSON a newline is as good as a space.
    return this.#appended(this.window.append(json.includes('\n') ? json.replaceAll('\n', ' ') : json))
  }

  appendText(type: TextEventType, text: string): number {
    return this.#takesEvents() ? this.#appended(this.window.appendText(type, text)) : 0
  }

  #takesEvents(): boolean {
    if (this.endId !== undefined && !this.#isLost)
      throw new StreamingError('unexpected_error', 'A stream that has ended takes no event.')
    return !this.#isLost
  }

  #appended(bytes: number): number {
    this.#unsafeBytes += bytes
    this.account()
    this.#outgoing.schedule()
    return bytes
  }

  end(json: string): void {
    if (this.#isLost) return
    this.append(json)
    this.endId = this.window.last
    this.#outgoing.schedule()
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

  askElsewhere(): void {
    if (this.isOpen) this.#elsewhere.ask()
  }

  saveCheckpoint(checkpoint: string): void {
    if (this.plan === undefined || !this.isOpen) return
    this.plan = { ...this.plan, checkpoint }
    this.store.connection.run(CHECKPOINT, [this.keys.meta], [this.token, checkpoint]).catch(() => {
      // It is a saving for a day that may not come. Who then has none begins from the input alone.
    })
  }

  /** Somebody, anywhere, asked for the stream to stop. */
  cancel(reason: string): void {
    if (this.#cancelReason !== undefined || this.endId !== undefined || this.#isLost) return
    this.#cancelReason = reason
    this.#onCancel(reason)
  }

  /** Renews the lease, unless an append has just done so. */
  renew(withinMs: number): void {
    if (!this.isOpen || this.#recovery.isUnderWay) return
    if (this.store.clock.now() - this.answeredAt < withinMs) return
    this.askState().then(
      (reply) => this.#heard(reply, 0),
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

  eventsAfter(chunkId: number, maxBytes: number): EventRange {
    return this.window.range(chunkId, this.window.last, maxBytes)
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
  goOnFrom(last: number, elsewhere: Elsewhere | undefined): void {
    this.#elsewhere.heard(elsewhere)
    this.confirm(last)
    this.#outgoing.goOnFrom(last)
  }

  /** Redis has lost the stream, and is about to get its record again. */
  restoring(): Promise<void> {
    return this.#observer.restoring(this)
  }

  /** Redis had lost the stream; its record is there again. */
  restoredAt(last: number): void {
    this.store.meter.restored += 1
    this.#observer.restored(this)
    this.#outgoing.restoredAt(last)
  }

  /** Events up to `last` are in Redis, so they may be seen. */
  confirm(last: number): void {
    this.answeredAt = this.store.clock.now()
    const isNews = last > this.last
    if (isNews) {
      this.#unsafeBytes -= this.window.range(this.last, last, Number.POSITIVE_INFINITY).byteLength
      this.last = last
    }
    if (this.endId !== undefined && this.last >= this.endId && !this.ended) {
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

  answered(reply: WriterReply | undefined, sentThrough: number): void {
    if (reply === undefined) this.#recovery.begin()
    else this.#heard(reply, sentThrough)
    // It may have waited for this answer: nothing is asked while an append might still change what is true.
    this.#recovery.hurry()
  }

  protected override unsubscribe(subscriber: LogSubscriber): void {
    super.unsubscribe(subscriber)
    if (!this.isOpen && !this.isRead) this.forgetBytes()
  }

  #heard(reply: WriterReply, sentThrough: number): void {
    if (!this.isOpen) return
    if (reply.is !== 'ok' || reply.last < sentThrough) {
      this.#recovery.begin()
      return
    }
    this.#elsewhere.heard(reply.elsewhere)
    this.confirm(Math.min(reply.last, Math.max(sentThrough, this.last)))
    if (reply.cancel !== '') this.cancel(reply.cancel)
    if (reply.last > this.#outgoing.sent || reply.last < this.last) this.#recovery.begin()
    else if (this.#outgoing.sent < this.top) this.#outgoing.schedule()
  }

  #close(how: 'ended' | 'lost'): void {
    this.#recovery.end()
    this.#outgoing.stop()
    this.#elsewhere.stop()
    this.#onCancel = ignore
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
