import type { StreamingError } from '@sluice/core'
import { type EventRange, HeldWriter, type RestartPlan, type StreamRecord } from '@sluice/core/server'
import type { StreamKeys } from '../find/keys.ts'
import type { LogContext } from '../log-context.ts'
import { readPage } from '../read/pages.ts'
import { stateOf } from '../read/stream-state.ts'
import { STATE } from '../scripts/reading.ts'
import { CHECKPOINT, RENEW, TRIM } from '../scripts/writing.ts'
import { Outgoing, type Sender } from './outgoing.ts'
import { Resync } from './resync.ts'
import { ViewersElsewhere } from './viewers-elsewhere.ts'
import { type Elsewhere, type WriterReply, writerReply } from './writer-reply.ts'

/** The log of a {@link RedisWriter}, which is told what becomes of it. */
export interface WriterObserver {
  /** Its last event is in Redis, or it may write no more: its lease needs nobody. */
  closed(writer: RedisWriter, how: 'ended' | 'lost'): void
  /** It lives on: what leads to it has to be kept. */
  keep(writer: RedisWriter): void
  /** Redis has lost the stream, and is about to get it again: if that is not finished, the reaper must find it. */
  restoring(writer: RedisWriter): Promise<void>
  /** Redis had lost the stream, and has it again as far as its record goes. */
  restored(writer: RedisWriter): void
}

/**
 * A stream that runs here. It keeps appended events and sends them to Redis; no viewer gets one before Redis has it.
 * When it is not certain what Redis has, it asks, and goes on from there.
 */
export class RedisWriter extends HeldWriter implements Sender {
  readonly keys: StreamKeys
  readonly token: string
  readonly elsewhere: ViewersElsewhere
  readonly #context: LogContext
  readonly #observer: WriterObserver
  readonly #resync: Resync
  readonly #outgoing: Outgoing
  /** The plan if this producer dies. */
  plan: RestartPlan | undefined
  /** When Redis last answered, on the clock's clock. */
  answeredAt: number
  #keptAt: number
  /** Whether the share of its owner counts it. */
  #isCounted = false

  constructor(context: LogContext, record: StreamRecord, token: string, observer: WriterObserver) {
    super(context.memory, record)
    this.keys = context.keys.of(record.streamId)
    this.token = token
    this.#context = context
    this.#observer = observer
    this.#resync = new Resync(context, this)
    this.#outgoing = new Outgoing(context, this)
    this.elsewhere = new ViewersElsewhere(context, this.keys.channel, {
      isOpen: () => this.isOpen,
      moved: () => this.progressed(),
    })
    this.answeredAt = context.clock.now()
    this.#keptAt = this.answeredAt
  }

  /** It runs here from now on: its bytes count to the share of its owner, as long as it has some here. */
  joinShare(): void {
    this.share = this.memory.share(this.record.owner)
    this.#isCounted = true
  }

  get top(): number {
    return this.tail.last
  }

  /** The lowest chunk_id that this process still has. */
  get firstKept(): number {
    return this.tail.first
  }

  get maySend(): boolean {
    return this.isOpen && !this.#resync.isUnderWay
  }

  /** Whether nothing that was sent still waits for its answer. */
  get isQuiet(): boolean {
    return this.#outgoing.isQuiet
  }

  override append(json: string): number {
    // An event is a line of what is sent. Between the tokens of JSON a newline is as good as a space.
    return super.append(json.includes('\n') ? json.replaceAll('\n', ' ') : json)
  }

  override end(json: string): void {
    super.end(json.includes('\n') ? json.replaceAll('\n', ' ') : json)
  }

  saveCheckpoint(checkpoint: string): void {
    if (this.plan === undefined || !this.isOpen) return
    this.plan = { ...this.plan, checkpoint }
    this.#context.connection.run(CHECKPOINT, [this.keys.meta], [this.token, checkpoint]).catch(() => {
      // It only saves work after a crash. Without it the next producer begins from the input alone.
    })
  }

  /** Renews the lease, unless an append has just done so. */
  renew(withinMs: number): void {
    if (!this.isOpen || this.#resync.isUnderWay) return
    this.keep()
    if (this.#context.clock.now() - this.answeredAt < withinMs) return
    this.askState().then(
      (reply) => this.#heard(reply, 0),
      () => {
        // Nothing is lost. The next append finds out what is wrong.
      },
    )
  }

  /** Keeps what leads to the stream: now and then is enough. */
  keep(): void {
    const { clock, bounds } = this.#context
    const now = clock.now()
    if (now - this.#keptAt < (this.ended ? bounds.endedTtlMs : bounds.ttlMs) / 4) return
    this.#keptAt = now
    this.#observer.keep(this)
  }

  askState(): Promise<WriterReply> {
    const { meta, log, viewers } = this.keys
    const { leaseMs, ttlMs } = this.#context.bounds
    return this.#context.connection
      .run(RENEW, [meta, log, viewers], [this.token, `${leaseMs}`, `${ttlMs}`])
      .then(writerReply)
  }

  eventsAfter(chunkId: number, maxBytes: number): EventRange {
    return this.tail.range(chunkId, this.tail.last, maxBytes)
  }

  /** The connection goes again. */
  reconnected(): void {
    this.#resync.hurry()
  }

  /** Redis has everything up to `last`: what follows is sent (again). */
  goOnFrom(last: number, elsewhere: Elsewhere | undefined): void {
    this.elsewhere.heard(elsewhere)
    this.confirm(last)
    if (last === this.top) this.#resync.progressed()
    this.#outgoing.goOnFrom(last)
  }

  /** Redis has lost the stream, and is about to get its record again. */
  restoring(): Promise<void> {
    return this.#observer.restoring(this)
  }

  /** Redis had lost the stream; its record is there again. */
  restoredAt(last: number): void {
    this.#context.meter.restored += 1
    this.#observer.restored(this)
    this.#outgoing.restoredAt(last)
  }

  /** Events up to `last` are in Redis, so they may be seen. */
  confirm(last: number): void {
    this.answeredAt = this.#context.clock.now()
    this.show(last)
    if (this.ended && !this.isRead) this.dropTail()
  }

  /** Nothing that is written here counts any more: the run ends, and what others wrote is shown. */
  lose(error: StreamingError): void {
    if (!this.isOpen) return
    if (error.type === 'producer_lost') this.#context.meter.fenced += 1
    this.lost(error)
    void this.#showTheirs()
  }

  answered(reply: WriterReply | undefined, sentThrough: number): void {
    if (reply === undefined) this.#resync.begin()
    else this.#heard(reply, sentThrough)
    // It may have waited for this answer: nothing is asked while an append might still change what is true.
    this.#resync.answered()
  }

  protected override dropTail(): void {
    super.dropTail()
    if (this.isOpen || !this.#isCounted) return
    this.#isCounted = false
    this.memory.leave(this.share)
  }

  override evict(): void {
    this.dropTail()
    super.evict()
  }

  protected override readOlder(after: number, through: number, maxBytes: number): Promise<EventRange> {
    return readPage(this.#context, this, { after, through, maxBytes })
  }

  /** The log has nothing below this chunk any more. */
  heardFirst(first: number): void {
    this.first = Math.max(this.first, first)
  }

  protected override unsubscribed(): void {
    if (!this.isOpen && !this.isRead) this.dropTail()
  }

  protected override taken(): void {
    this.#outgoing.schedule()
  }

  protected override trimmed(): void {
    if (!this.isOpen) return
    const { meta, log } = this.keys
    this.#context.connection.run(TRIM, [meta, log], [this.token, `${this.first}`]).catch(() => {
      // The next trim, or the end of the stream, discards the rest.
    })
  }

  protected override closed(how: 'ended' | 'lost'): void {
    this.#resync.end()
    this.#outgoing.stop()
    this.elsewhere.stop()
    this.#observer.closed(this, how)
  }

  #heard(reply: WriterReply, sentThrough: number): void {
    if (!this.isOpen) return
    if (reply.is !== 'ok' || reply.last < sentThrough) {
      this.#resync.begin()
      return
    }
    if (sentThrough > 0) this.#resync.progressed()
    this.elsewhere.heard(reply.elsewhere)
    this.confirm(Math.min(reply.last, Math.max(sentThrough, this.last)))
    if (reply.cancel !== '') this.cancel(reply.cancel)
    if (reply.last > this.#outgoing.sent || reply.last < this.last) this.#resync.begin()
    else if (this.#outgoing.sent < this.top) this.#outgoing.schedule()
  }

  /** Another producer took the stream, and has ended it. */
  async #showTheirs(): Promise<void> {
    const { connection } = this.#context
    const state = await connection.ask(STATE, [this.keys.meta], []).then(stateOf, () => undefined)
    // A viewer that has seen what others never will must not be told that it is up to date.
    if (state === undefined || state.last <= this.last || !state.ended) return this.evict()
    this.last = state.last
    this.ended = true
    this.dropTail()
    this.tellAppended()
  }
}
