import { isFinal, type StreamEvent, StreamingError, type StreamState, Transcript } from '@sluice/core'
import { within } from '../network/abortable.ts'
import { isPermanent, toFailure } from '../network/failures.ts'
import { network } from '../network/online.ts'
import type { Snapshot } from '../snapshot.ts'
import type { OpenRequest, Reading } from '../transport.ts'
import { EventQueue } from './event-queue.ts'
import type { Notice } from './notice.ts'
import { receiveEvents } from './receive-events.ts'
import { requestCancel } from './request-cancel.ts'
import { RetrySchedule } from './retry-schedule.ts'
import type { SessionOptions, SessionSettings } from './session-options.ts'
import { SessionState } from './session-state.ts'
import { type SessionStats, Timing } from './stats.ts'
import type { Delta, StreamSession } from './stream-session.ts'
import { deltasOf, textOf } from './text-iterators.ts'

/** How long the end of a body may take after the terminal event, in milliseconds, before it is cut. */
const END_OF_BODY_MS = 1_000

/** Why an attempt ends when this side wanted it to. */
const CLOSED_HERE = new StreamingError('connection_closed')

/** Why an attempt ends when the network is back after it was away: not a failure, so no wait. */
const BACK_ONLINE = new StreamingError('connection_lost')

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
  readonly #state: SessionState
  readonly #retries: RetrySchedule
  readonly #timing = new Timing()
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
  #replacementId: string | undefined

  constructor(settings: SessionSettings, { first, from, signal, mayBeSent = false }: SessionOptions) {
    this.#settings = settings
    this.#first = first
    this.#mayBeSent = mayBeSent
    const { streamId = null, idempotencyKey = null }: Identity = first
    this.idempotencyKey = idempotencyKey
    this.#state = new SessionState(streamId, from)
    this.#retries = new RetrySchedule(settings.retry)
    this.subscribe = this.#state.subscribe
    this.done = this.#run(signal)
  }

  get state(): StreamState {
    return this.#state.facts.state
  }

  get streamId(): string | null {
    return this.#state.facts.streamId
  }

  get snapshot(): Snapshot {
    return this.#state.snapshot
  }

  get stats(): SessionStats {
    const { reconnects, gaps, repeats } = this.snapshot
    const { window = null, queued = 0 } = this.#reading ?? {}
    return {
      ...this.#timing.figures,
      window,
      queued: queued + (this.#queue?.length ?? 0),
      reconnects,
      gaps,
      repeats,
    }
  }

  watch(listener: (notice: Notice) => void): () => void {
    return this.#state.watch(listener)
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<E> {
    const { lastChunkId, since } = this.#state.transcript
    if (this.#queue || lastChunkId > since) {
      throw new TypeError('Events have one consumer, from the first on.')
    }
    this.#queue = new EventQueue(this.#settings.queueLimit, (event) =>
      this.#reading?.processed?.(event.chunk_id),
    )
    if (this.#state.ended) this.#queue.end(this.#state.facts.error)
    return this.#queue.consume()
  }

  text(): AsyncIterableIterator<string> {
    return textOf(this.#state)
  }

  deltas(): AsyncIterableIterator<Delta> {
    return deltasOf(this.#state)
  }

  detach(): void {
    if (this.#state.ended) return
    this.#state.change({ detached: true, waiting: null })
    this.#attempt.abort(CLOSED_HERE)
    this.#queue?.end(null)
    this.#state.announce()
  }

  cancel(): Promise<void> {
    if (this.#cancellation) return this.#cancellation
    const cancellation = this.#cancel().finally(() => {
      this.#cancellation = undefined
    })
    this.#cancellation = cancellation
    this.#state.announce()
    return cancellation
  }

  async #cancel(): Promise<void> {
    const streamId = this.#replacementId ?? this.streamId
    if (isFinal(this.state)) return
    const mayRun = streamId !== null || this.state !== 'idle' || this.#mayBeSent
    this.#state.change({ cancelling: true })
    // Its own connection first: over HTTP/1.1 the request would otherwise queue behind it.
    this.#attempt.abort(CLOSED_HERE)
    try {
      const { name } = this.#first
      const by = streamId === null ? { idempotencyKey: this.idempotencyKey! } : { streamId }
      if (mayRun) await requestCancel(this.#settings.transport, { name, ...by })
      if (!this.#state.ended) this.#end('cancelled')
    } finally {
      this.#state.change({ cancelling: false })
      this.#state.announce()
    }
  }

  /** Never rejects: what goes wrong is in the snapshot. */
  async #run(signal: AbortSignal | undefined): Promise<Snapshot> {
    const detach = () => this.detach()
    signal?.addEventListener('abort', detach)
    if (signal?.aborted) detach()
    while (!this.#state.ended) {
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
    const { transport, connections, silenceMs, startMs } = this.#settings
    const attempt = new AbortController()
    this.#attempt = attempt
    if (!connections.isFree) this.#waitFor({ for: 'turn' })
    const release = await connections.acquire(attempt.signal)
    // A connection that lived through the network's absence is most likely dead, and silent about it.
    let wasAway = false
    const unwatch = network.watch((isOnline) => {
      if (isOnline && wasAway) attempt.abort(BACK_ONLINE)
      wasAway = !isOnline
    })
    try {
      attempt.signal.throwIfAborted()
      this.#state.enter('connecting')
      this.#waitFor(null)
      // Those who were told may have left.
      attempt.signal.throwIfAborted()
      const request = this.#request()
      const limitMs = request.kind === 'start' ? startMs : silenceMs
      const reading = await within(limitMs, transport.open(request, attempt.signal), attempt)
      attempt.signal.throwIfAborted()
      this.#opened(reading)
      if (!reading) {
        if (!this.#state.ended) this.#end('completed')
        return
      }
      while (!this.#state.ended) {
        if (this.#queue?.isFull) await this.#waitForSpace(this.#queue, attempt.signal)
        // Only what is awaited can be late: a slow consumer is not a silent network.
        const events = await within(silenceMs, reading.next(), attempt)
        if (!this.#state.ended) this.#take(events)
      }
      // To the end of the body: over HTTP/1.1 the connection can then serve the next stream.
      if (!attempt.signal.aborted) await within(END_OF_BODY_MS, reading.next(), attempt).catch(() => {})
    } catch (thrown) {
      // What ended the attempt says more than what the transport made of it.
      throw attempt.signal.aborted ? attempt.signal.reason : thrown
    } finally {
      this.#reading = undefined
      unwatch()
      attempt.abort(CLOSED_HERE)
      release()
    }
  }

  /** Waits for the next try, where there is one. */
  async #recover(thrown: unknown): Promise<void> {
    if (this.#state.ended || this.#cancellation || thrown === CLOSED_HERE) return
    this.#state.enter('connecting')
    if (thrown === BACK_ONLINE) return
    const { type, context } = toFailure(thrown)
    if (type === 'resume_expired' && this.#cursor > 0) {
      this.#replacementId = this.streamId!
      return
    }
    // Not at once: all the viewers of a dead server come at this moment.
    if (type === 'producer_lost') this.#replacementId = context?.restarted_as as string | undefined
    this.#attempt = new AbortController()
    try {
      await this.#retries.wait(thrown, this.#attempt.signal, (waiting) => this.#waitFor(waiting))
    } catch (last) {
      if (last === CLOSED_HERE) return
      const error = toFailure(last)
      if (!isPermanent(error)) this.#state.note({ type: 'given_up', error })
      this.#end('error', { error })
    }
  }

  /** Where to read on from. */
  get #cursor(): number {
    return this.#replacementId ? 0 : this.#state.transcript.lastChunkId
  }

  #request(): OpenRequest {
    const streamId = this.#replacementId ?? this.streamId
    if (streamId === null) return this.#first
    return { kind: 'resume', name: this.#first.name, streamId, lastChunkId: this.#cursor }
  }

  #opened(reading: Reading | undefined): void {
    const state = this.#state
    this.#reading = reading
    this.#retries.connected()
    state.change({ streamId: this.streamId ?? reading?.streamId ?? null })
    if (this.#hasOpened) {
      state.count('reconnects')
      state.note({ type: 'reconnect', lastChunkId: this.#cursor })
    }
    this.#hasOpened = true
    state.enter('streaming')
    state.announce()
  }

  #take(events: readonly unknown[]): void {
    const state = this.#state
    if (this.#replacementId && events.length > 0) {
      state.change({ streamId: this.#replacementId })
      this.#replacementId = undefined
      state.transcript = new Transcript()
      state.count('revision')
    }
    const before = state.transcript.lastChunkId
    try {
      receiveEvents(state, events, (event) => this.#queue?.push(event as E))
    } finally {
      const { lastChunkId } = state.transcript
      if (lastChunkId > before) {
        state.change()
        this.#retries.progressed()
        this.#timing.reached(lastChunkId, before)
      }
      if (!this.#queue || this.#queue.isClosed) {
        this.#reading?.processed?.(lastChunkId)
      }
      if (state.ended) this.#queue?.end(state.facts.error)
      state.announce()
    }
  }

  #end(...how: Parameters<SessionState['end']>): void {
    this.#state.end(...how)
    this.#queue?.end(this.#state.facts.error)
    this.#state.announce()
  }

  #waitFor(waiting: Snapshot['waiting']): void {
    this.#state.change({ waiting })
    if (waiting?.for === 'retry') this.#state.note({ type: 'retry', ...waiting })
    this.#state.announce()
  }

  async #waitForSpace(queue: EventQueue<E>, signal: AbortSignal): Promise<void> {
    this.#state.enter('paused')
    this.#state.announce()
    await queue.space(signal)
    this.#state.enter('streaming')
    this.#state.announce()
  }
}
