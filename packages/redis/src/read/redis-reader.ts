import { type Alarm, type EventRange, HeldStream, type LogSubscriber } from '@sluice/core/server'
import type { StreamKeys } from '../find/keys.ts'
import type { LogContext } from '../log-context.ts'
import { STATE, WATCH } from '../scripts/reading.ts'
import { type AppendMessage, parseMessage } from './message.ts'
import { readPage } from './pages.ts'
import { type StreamState, stateOf } from './stream-state.ts'

/** How long messages may be on their way when Redis has already told of what is in them, in milliseconds. */
const ON_THE_WAY_MS = 100

/** Is told which readers are in use: their log. */
export interface ReaderObserver {
  watched(reader: RedisReader): void
  unwatched(reader: RedisReader): void
  /** It was read, which has kept it: what leads to it has to be kept. */
  keep(reader: RedisReader): void
  /** Its lease is over, and nobody has ended it. */
  abandoned(reader: RedisReader): void
}

/**
 * A stream that runs elsewhere, or has ended. While somebody reads it here it follows what the producer's appends
 * publish. A message that never came shows as a gap in the chunk_ids, or to a probe; what was in it is then read
 * from Redis like anything that is old.
 */
export class RedisReader extends HeldStream {
  readonly keys: StreamKeys
  readonly #context: LogContext
  readonly #observer: ReaderObserver
  readonly #onMessage = (text: string): void => this.#hear(text)
  #isFollowing = false
  /** The lowest chunk_id that the log has. */
  #logFirst: number
  /** When the stream was last heard of, on the clock's clock. */
  #heardAt = 0
  #keptAt = Number.NEGATIVE_INFINITY
  #missingSince: number | undefined
  /** How far the stream is, as a probe found that messages are missing or still on their way. */
  #toldOf = 0
  #askAgain: Alarm | undefined

  constructor(context: LogContext, state: StreamState, observer: ReaderObserver) {
    super(context.memory, state.record)
    this.keys = context.keys.of(state.record.streamId)
    this.#context = context
    this.#observer = observer
    this.last = state.last
    this.#logFirst = state.first
    this.first = state.first
    this.ended = state.ended
    this.dropTail()
  }

  override subscribe(subscriber: LogSubscriber): () => void {
    const unsubscribe = super.subscribe(subscriber)
    if (!this.#isFollowing && !this.ended) this.#follow()
    return unsubscribe
  }

  protected override unsubscribed(): void {
    if (!this.isRead) this.#leave()
  }

  override evict(): void {
    this.#leave()
    this.dropTail()
    super.evict()
  }

  protected override readOlder(after: number, through: number, maxBytes: number): Promise<EventRange> {
    return readPage(this.#context, this, { after, through, maxBytes })
  }

  /** Keeps what leads to the stream: now and then is enough. While it runs, its producer does. */
  keep(): void {
    const { clock, bounds } = this.#context
    const now = clock.now()
    if (!this.ended || now - this.#keptAt < bounds.endedTtlMs / 4) return
    this.#keptAt = now
    this.#observer.keep(this)
  }

  /** Somebody has asked Redis. */
  heard({ first, last, ended }: StreamState): void {
    this.#heardAt = this.#context.clock.now()
    this.#missingSince = undefined
    this.heardFirst(first)
    if (this.ended || (!ended && last === this.last)) return
    if (last < this.last) this.#isBehind(ended)
    else if (last > this.last) this.#skipTo(last, ended)
  }

  /** Disconnects the viewers if nothing was heard of the stream for this long: they reconnect, perhaps elsewhere. */
  giveUp(afterMs: number): void {
    if (this.#context.clock.now() - this.#heardAt > afterMs) this.evict()
  }

  /** Asks how far the stream is, unless it has just been heard of. */
  async probe(withinMs: number): Promise<void> {
    if (!this.#isFollowing) return
    const isQuiet = this.#context.clock.now() - this.#heardAt >= withinMs
    await Promise.all([this.#tellWhere(''), isQuiet ? this.#look() : undefined])
  }

  /** As {@link RedisReader.probe}, if the missing events will not come: nobody listened, or it could not be read. */
  async catchUp(): Promise<void> {
    if (!this.#isFollowing) return
    await Promise.all([this.#tellWhere(''), this.#ask()])
  }

  /** Reports the cursors of its viewers; the producer looks at once when it gets the message. */
  async #tellWhere(message: string): Promise<void> {
    const { connection, instanceId, bounds } = this.#context
    const { size, furthest } = this.viewers
    const args = [instanceId, `${bounds.leaseMs}`, `${size}`, `${furthest}`, message]
    await connection.run(WATCH, [this.keys.meta, this.keys.viewers], args)
  }

  async #ask(): Promise<void> {
    const state = await this.#state()
    if (state !== undefined) this.heard(state)
  }

  /**
   * Messages come over another connection than the answer to a probe, and that answer may arrive first. If the
   * log is at its bound, their events may be nowhere else any more: so they count as lost only after some time.
   */
  async #look(): Promise<void> {
    const state = await this.#state()
    if (state === undefined) return
    if (state.last <= this.last || !this.#isFollowing) return this.heard(state)
    this.#heardAt = this.#context.clock.now()
    this.#missingSince = undefined
    this.#askAgain ??= this.#context.clock.alarm(() => this.#askForMissing())
    if (this.#askAgain.at !== Number.POSITIVE_INFINITY) return
    this.#toldOf = state.last
    this.#askAgain.setIn(ON_THE_WAY_MS)
  }

  #askForMissing(): void {
    if (this.last < this.#toldOf) this.#ask().catch(ignore)
  }

  async #state(): Promise<StreamState | undefined> {
    const state = stateOf(await this.#context.connection.run(STATE, [this.keys.meta], []))
    if (state === undefined) this.#isMissing()
    else if (state.isAbandoned) this.#observer.abandoned(this)
    return state
  }

  #follow(): void {
    this.#isFollowing = true
    this.share = this.memory.share(this.record.owner)
    this.#heardAt = this.#context.clock.now()
    this.#observer.watched(this)
    this.#context.connection
      .listen(this.keys.channel, this.#onMessage)
      // Events that were appended between the opening and the subscription reached nobody.
      .then(() => this.catchUp())
      .catch(() => {
        // The next probe asks again; the subscription is made when the connection is back.
      })
  }

  #leave(): void {
    if (!this.#isFollowing) return
    this.#isFollowing = false
    this.#askAgain?.clear()
    this.#observer.unwatched(this)
    this.dropTail()
    this.memory.leave(this.share)
    this.share = this.memory.common
    this.#context.connection.unlisten(this.keys.channel, this.#onMessage).catch(() => {
      // It goes with the connection.
    })
  }

  #hear(text: string): void {
    if (!this.#isFollowing) return
    const message = parseMessage(text)
    if (message === 'forgotten') this.evict()
    else if (message === 'where') this.#tellWhere(`viewers ${this.record.streamId}`).catch(ignore)
    else if (message !== undefined) this.#take(message)
    else this.catchUp().catch(ignore)
  }

  #take(message: AppendMessage): void {
    const { first, isEnd, logFirst, sentAt, events } = message
    this.#heardAt = this.#context.clock.now()
    const last = first + events.length - 1
    if (this.ended || last <= this.last) {
      this.heardFirst(logFirst)
      if (isEnd && !this.ended) this.#isBehind(true)
      return
    }
    if (sentAt > 0) this.#context.meter.fanOutMs.record(Math.max(0, Date.now() - sentAt))
    if (first > this.last + 1) {
      this.#context.meter.refills += 1
      this.last = first - 1
      this.dropTail()
    }
    for (const event of events.slice(this.last + 1 - first)) this.tail.append(event)
    this.#logFirst = Math.max(this.#logFirst, logFirst)
    this.#advance(last, isEnd)
  }

  /** Events that are still here can be read, also if the log has just discarded them: the producer's own viewer was quicker. */
  heardFirst(first: number): void {
    this.#logFirst = Math.max(this.#logFirst, first)
    const isHere = this.tail.first <= this.tail.last
    this.first = isHere ? Math.min(this.#logFirst, this.tail.first) : this.#logFirst
  }

  /** Messages were lost, or came to somebody before us. */
  #skipTo(last: number, ended: boolean): void {
    if (this.#isFollowing) this.#context.meter.refills += 1
    this.last = last
    this.dropTail()
    this.#advance(last, ended)
  }

  #advance(last: number, ended: boolean): void {
    this.last = last
    this.ended = ended
    // Its viewers read what is not here in Redis: nobody else has to wait for their sake.
    const isFull = this.memory.isFullFor(this.share)
    this.tail.trim(last, isFull ? 0 : this.#context.bounds.maxTailBytes)
    this.account()
    this.heardFirst(this.#logFirst)
    this.tellAppended()
  }

  /**
   * Redis has less than viewers have seen: a failover lost the tail, and the producer appends it again. If there
   * is none to do so, the history that they have seen is not the log's any more.
   */
  #isBehind(ended: boolean): void {
    if (ended) this.evict()
    else this.#isMissing()
  }

  #isMissing(): void {
    const now = this.#context.clock.now()
    this.#missingSince ??= now
    if (now - this.#missingSince > this.#context.bounds.leaseMs) this.evict()
  }
}

/** The next heartbeat repeats what fails here. */
function ignore(): void {}
