import { isFinal, type StreamEvent, StreamingError, type StreamState } from '@sluice/core'
import { requestCancel } from './cancellation.ts'
import { EventQueue } from './event-queue.ts'
import { isFinal as isPointless, toFailure } from './failure.ts'
import { takeIn } from './intake.ts'
import { network } from './network.ts'
import type { Notice } from './notice.ts'
import { Recovery } from './recovery.ts'
import type { SessionOptions, SessionSettings } from './session-options.ts'
import type { Snapshot } from './snapshot.ts'
import { Pace, type SessionStats } from './stats.ts'
import { Store } from './store.ts'
import type { Delta, StreamSession } from './stream-session.ts'
import { Transcript } from './transcript.ts'
import type { OpenRequest, Reading } from './transport.ts'
import { deltasOf, textOf } from './views.ts'
import { within } from './within.ts'

/** How long the end of a body may take after the terminal event, in milliseconds, before it is cut. */
const END_OF_BODY_MS = 1_000

/** Why an attempt ends when this side wanted it to. */
const LET_GO = new StreamingError('connection_closed')

/** Why an attempt ends when the network is back after it was away: not a failure, so no wait. */
const ONLINE_AGAIN = new StreamingError('connection_lost')

/** What a first request is told by. */
interface Identity {
  readonly streamId?: string | null
  readonly idempotencyKey?: string | null
}

/** The life of a {@link StreamSession}: connect, read, recover, until the stream ends or the viewer leaves. */
export class Session<E extends StreamEvent> implements StreamSession<E> {
  readonly idempotencyKey: string | null
  readonly done: Promise<Snapshot>
  readonly subscribe: (listener: () => void) => () => void
  readonly #settings: SessionSettings
  readonly #first: OpenRequest
  readonly #mayBeSent: boolean
  readonly #store: Store
  readonly #recovery: Recovery
  readonly #pace = new Pace()
  /** What is going on now, a connection or a wait; whoever wants it to end aborts it. */
  #attempt = new AbortController()
  #reading: Reading | undefined
  #queue: EventQueue<E> | undefined
  #hasOpened = false
  #cancellation: Promise<void> | undefined
  /**
   * The stream to read from its beginning, in the place of what is here: this one, or its successor. What is here
   * stays, with its id, until the first event of that comes.
   */
  #anew: string | undefined

  constructor(settings: SessionSettings, { first, from, signal, mayBeSent = false }: SessionOptions) {
    this.#settings = settings
    this.#first = first
    this.#mayBeSent = mayBeSent
    const { streamId = null, idempotencyKey = null }: Identity = first
    this.idempotencyKey = idempotencyKey
    this.#store = new Store(streamId, from)
    this.#recovery = new Recovery(settings.retry)
    this.subscribe = this.#store.subscribe
    this.done = this.#live(signal)
  }

  get state(): StreamState {
    return this.#store.facts.state
  }

  get streamId(): string | null {
    return this.#store.facts.streamId
  }

  get snapshot(): Snapshot {
    return this.#store.snapshot
  }

  get stats(): SessionStats {
    const { reconnects, gaps, repeats } = this.snapshot
    const { window = null, queued = 0 } = this.#reading ?? {}
    return {
      ...this.#pace.figures,
      window,
      queued: queued + (this.#queue?.length ?? 0),
      reconnects,
      gaps,
      repeats,
    }
  }

  watch(listener: (notice: Notice) => void): () => void {
    return this.#store.watch(listener)
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<E> {
    const { lastChunkId, since } = this.#store.transcript
    if (this.#queue || lastChunkId > since) {
      throw new TypeError('Events have one consumer, from the first on.')
    }
    this.#queue = new EventQueue(this.#settings.queueLimit, (event) =>
      this.#reading?.processed?.(event.chunk_id),
    )
    if (this.#store.ended) this.#queue.end(this.#store.facts.error)
    return this.#queue.consume()
  }

  text(): AsyncIterableIterator<string> {
    return textOf(this.#store)
  }

  deltas(): AsyncIterableIterator<Delta> {
    return deltasOf(this.#store)
  }

  detach(): void {
    if (this.#store.ended) return
    this.#store.change({ detached: true, waiting: null })
    this.#attempt.abort(LET_GO)
    this.#queue?.end(null)
    this.#store.announce()
  }

  cancel(): Promise<void> {
    if (this.#cancellation) return this.#cancellation
    const cancellation = this.#cancel().finally(() => {
      this.#cancellation = undefined
    })
    this.#cancellation = cancellation
    this.#store.announce()
    return cancellation
  }

  async #cancel(): Promise<void> {
    const streamId = this.#anew ?? this.streamId
    if (isFinal(this.state)) return
    const mayRun = streamId !== null || this.state !== 'idle' || this.#mayBeSent
    this.#store.change({ cancelling: true })
    // Its own connection first: over HTTP/1.1 the request would otherwise queue behind it.
    this.#attempt.abort(LET_GO)
    try {
      const { name } = this.#first
      const by = streamId === null ? { idempotencyKey: this.idempotencyKey! } : { streamId }
      if (mayRun) await requestCancel(this.#settings.transport, { name, ...by })
      if (!this.#store.ended) this.#end('cancelled')
    } finally {
      this.#store.change({ cancelling: false })
      this.#store.announce()
    }
  }

  /** Never rejects: what goes wrong is in the snapshot. */
  async #live(signal: AbortSignal | undefined): Promise<Snapshot> {
    const detach = () => this.detach()
    signal?.addEventListener('abort', detach)
    if (signal?.aborted) detach()
    while (!this.#store.ended) {
      try {
        // A cancel has closed the connection. Where the server refused it, the session goes on.
        if (this.#cancellation) await this.#cancellation.catch(() => {})
        else await this.#read()
      } catch (thrown) {
        await this.#recover(thrown)
      }
    }
    signal?.removeEventListener('abort', detach)
    return this.snapshot
  }

  /** One connection. Returns when the stream has ended, throws when only the connection has. */
  async #read(): Promise<void> {
    const { transport, turns, silenceMs, startMs } = this.#settings
    const attempt = new AbortController()
    this.#attempt = attempt
    if (!turns.isFree) this.#waitFor({ for: 'turn' })
    const giveBack = await turns.take(attempt.signal)
    // A connection that lived through the network's absence is most likely dead, and silent about it.
    let wasAway = false
    const unwatch = network.watch((isOnline) => {
      if (isOnline && wasAway) attempt.abort(ONLINE_AGAIN)
      wasAway = !isOnline
    })
    try {
      attempt.signal.throwIfAborted()
      this.#store.enter('connecting')
      this.#waitFor(null)
      // Those who were told may have left.
      attempt.signal.throwIfAborted()
      const request = this.#request()
      const limitMs = request.kind === 'start' ? startMs : silenceMs
      const reading = await within(limitMs, transport.open(request, attempt.signal), attempt)
      attempt.signal.throwIfAborted()
      this.#opened(reading)
      if (!reading) {
        if (!this.#store.ended) this.#end('completed')
        return
      }
      while (!this.#store.ended) {
        if (this.#queue?.isFull) await this.#room(this.#queue, attempt.signal)
        // Only what is awaited can be late: a slow consumer is not a silent network.
        const events = await within(silenceMs, reading.next(), attempt)
        if (!this.#store.ended) this.#take(events)
      }
      // To the end of the body: over HTTP/1.1 the connection can then serve the next stream.
      if (!attempt.signal.aborted) await within(END_OF_BODY_MS, reading.next(), attempt).catch(() => {})
    } catch (thrown) {
      // What ended the attempt says more than what the transport made of it.
      throw attempt.signal.aborted ? attempt.signal.reason : thrown
    } finally {
      this.#reading = undefined
      unwatch()
      attempt.abort(LET_GO)
      giveBack()
    }
  }

  /** Waits for the next try, where there is one. */
  async #recover(thrown: unknown): Promise<void> {
    if (this.#store.ended || this.#cancellation || thrown === LET_GO) return
    this.#store.enter('connecting')
    if (thrown === ONLINE_AGAIN) return
    const { type, context } = toFailure(thrown)
    if (type === 'resume_expired' && this.#cursor > 0) {
      this.#anew = this.streamId!
      return
    }
    // Not at once: all the viewers of a dead server come at this moment.
    if (type === 'producer_lost') this.#anew = context?.restarted_as as string | undefined
    this.#attempt = new AbortController()
    try {
      await this.#recovery.wait(thrown, this.#attempt.signal, (waiting) => this.#waitFor(waiting))
    } catch (last) {
      if (last === LET_GO) return
      const error = toFailure(last)
      if (!isPointless(error)) this.#store.note({ type: 'given_up', error })
      this.#end('error', { error })
    }
  }

  /** Where to read on from. */
  get #cursor(): number {
    return this.#anew ? 0 : this.#store.transcript.lastChunkId
  }

  #request(): OpenRequest {
    const streamId = this.#anew ?? this.streamId
    if (streamId === null) return this.#first
    return { kind: 'resume', name: this.#first.name, streamId, lastChunkId: this.#cursor }
  }

  #opened(reading: Reading | undefined): void {
    const store = this.#store
    this.#reading = reading
    this.#recovery.connected()
    store.change({ streamId: this.streamId ?? reading?.streamId ?? null })
    if (this.#hasOpened) {
      store.count('reconnects')
      store.note({ type: 'reconnect', lastChunkId: this.#cursor })
    }
    this.#hasOpened = true
    store.enter('streaming')
    store.announce()
  }

  #take(events: readonly unknown[]): void {
    const store = this.#store
    if (this.#anew && events.length > 0) {
      store.change({ streamId: this.#anew })
      this.#anew = undefined
      store.transcript = new Transcript()
      store.count('revision')
    }
    const before = store.transcript.lastChunkId
    try {
      takeIn(store, events, (event) => this.#queue?.push(event as E))
    } finally {
      const { lastChunkId } = store.transcript
      if (lastChunkId > before) {
        store.change()
        this.#recovery.progressed()
        this.#pace.reached(lastChunkId, before)
      }
      if (!this.#queue || this.#queue.hasLeft) {
        this.#reading?.processed?.(lastChunkId)
      }
      if (store.ended) this.#queue?.end(store.facts.error)
      store.announce()
    }
  }

  #end(...how: Parameters<Store['end']>): void {
    this.#store.end(...how)
    this.#queue?.end(this.#store.facts.error)
    this.#store.announce()
  }

  #waitFor(waiting: Snapshot['waiting']): void {
    this.#store.change({ waiting })
    if (waiting?.for === 'retry') this.#store.note({ type: 'retry', ...waiting })
    this.#store.announce()
  }

  async #room(queue: EventQueue<E>, signal: AbortSignal): Promise<void> {
    this.#store.enter('paused')
    this.#store.announce()
    await queue.room(signal)
    this.#store.enter('streaming')
    this.#store.announce()
  }
}
