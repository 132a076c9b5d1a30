import { isFinal, type StreamEvent, StreamingError, type StreamState, Transcript } from '@sluice/core'
import { Attempt } from '../network/attempt.ts'
import { isPermanent, LOST_LOG, toFailure } from '../network/failures.ts'
import { onBackOnline } from '../network/online.ts'
import type { Snapshot } from '../snapshot.ts'
import type { CancelRequest, OpenRequest, Reading, StartRequest } from '../transport.ts'
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

/** How long the events between the last one that came and the end may take after a cancel, in milliseconds. */
const TAIL_MS = 3_000

/** Why an attempt ends if this side wanted it to. */
const CLOSED_HERE = new StreamingError('connection_closed')

/** Why an attempt ends when the network is back after it was away: not a failure, so no wait. */
const BACK_ONLINE = new StreamingError('connection_lost')

/** The life of a {@link StreamSession}: connect, read, retry, until the stream ends or the viewer leaves. */
export class Session<E extends StreamEvent> implements StreamSession<E> {
  readonly idempotencyKey: string | null
  readonly done: Promise<Snapshot>
  readonly subscribe: (listener: () => void) => () => void
  /** The session has ended, or has left, before its stream: it may be found again. */
  mayRun = false
  readonly #settings: SessionSettings
  readonly #first: OpenRequest
  readonly #isStored: boolean
  readonly #state: SessionState
  readonly #retries: RetrySchedule
  readonly #timing = new Timing()
  /** The current connection or wait. */
  #attempt = new Attempt()
  #reading: Reading | undefined
  #queue: EventQueue<E> | undefined
  /** Its start has not reached the server: that goes on even if the viewer leaves. */
  #isUndelivered: boolean
  #isWaitingForConnection = false
  #hasOpened = false
  #isBuffered = false
  #cancellation: Promise<void> | undefined
  /** The request of that, which the reading waits for. */
  #cancelRequest: Promise<void> | undefined
  /** From the server's confirmation of a cancel on: when the tail of the events is done without. */
  #deadline: ReturnType<typeof setTimeout> | undefined
  /**
   * The stream to read from its beginning, in place of what is here: this one, or the one that another server has
   * begun instead. The transcript stays, with its id, until the first event of that stream comes.
   */
  #replacementId: string | undefined
  /** The streams that this session has read. A server may not send it round in circles. */
  readonly #visited = new Set<unknown>()

  constructor(settings: SessionSettings, { first, from, signal, isStored = false }: SessionOptions) {
    this.#settings = settings
    this.#first = first
    this.#isStored = isStored
    const { streamId = null, idempotencyKey = null } = first as { streamId?: string; idempotencyKey?: string }
    this.idempotencyKey = idempotencyKey
    this.#isUndelivered = first.kind === 'start' && !signal?.aborted
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
    const waiting = queued + (this.#queue?.length ?? 0)
    return { ...this.#timing.figures, window, queued: waiting, reconnects, gaps, repeats }
  }

  watch(listener: (notice: Notice) => void): () => void {
    return this.#state.watch(listener)
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<E> {
    const { lastChunkId, since } = this.#state.transcript
    if (this.#queue || lastChunkId > since) {
      throw new TypeError('Events have one consumer, from the first on.')
    }
    const queue = new EventQueue<E>(this.#settings.queueLimit, (event) =>
      this.#reading?.processed?.(event.chunk_id),
    )
    this.#queue = queue
    this.#state.onEnd((error) => queue.end(error))
    return queue.consume()
  }

  text(): AsyncIterableIterator<string> {
    return textOf(this.#state)
  }

  deltas(): AsyncIterableIterator<Delta> {
    return deltasOf(this.#state)
  }

  detach(): void {
    if (this.#state.ended) return
    this.mayRun = true
    this.#state.change({ detached: true, waiting: null })
    // A start is delivered all the same. It needs a connection for a moment only, so it does not wait for one.
    if (!this.#isUndelivered || this.#isWaitingForConnection) this.#attempt.end(CLOSED_HERE)
    this.#state.announce()
  }

  cancel(): Promise<void> {
    if (this.#cancellation) return this.#cancellation
    const cancellation = this.#cancel().finally(() => {
      this.#cancellation = undefined
      this.#cancelRequest = undefined
      this.#state.announce({ cancelling: false })
    })
    this.#cancellation = cancellation
    // A button's handler need not catch it: `watch` reports it too.
    cancellation.catch((error: StreamingError) => this.#state.announce({}, { type: 'cancel_failed', error }))
    this.#state.announce()
    return cancellation
  }

  async #cancel(): Promise<void> {
    const state = this.#state
    const streamId = this.#replacementId ?? this.streamId
    if (isFinal(this.state)) return
    const { idempotencyKey } = this
    const { name, thread } = this.#first as StartRequest
    const by = { name, ...(streamId ? { streamId } : idempotencyKey ? { idempotencyKey } : { thread }) }
    // Without a key it is no start: something runs, perhaps.
    const mayRun = streamId || !idempotencyKey || this.state !== 'idle' || this.#isStored
    // Its own connection first: over HTTP/1.1 the request would otherwise queue behind it.
    this.#attempt.end(CLOSED_HERE)
    const { transport } = this.#settings
    if (mayRun) this.#cancelRequest = requestCancel((signal) => transport.cancel(by as CancelRequest, signal))
    state.change({ cancelling: true })
    await this.#cancelRequest
    this.#isUndelivered = false
    if (state.ended) return
    const end = () => {
      this.#end('cancelled')
      this.#attempt.end(CLOSED_HERE)
    }
    if (!streamId) return end()
    // First the events up to the end that the log has and this side has not, so that all readers have the same.
    this.#cancelRequest = undefined
    this.#deadline = setTimeout(end, TAIL_MS)
    await this.done
  }

  /** Never rejects: what went wrong is in the snapshot. */
  async #run(signal: AbortSignal | undefined): Promise<Snapshot> {
    const detach = () => this.detach()
    const onLeave = () => {
      if (this.#isUndelivered) this.#settings.transport.sendOnLeave?.(this.#first as StartRequest)
    }
    signal?.addEventListener('abort', detach)
    globalThis.addEventListener?.('pagehide', onLeave)
    if (signal?.aborted) detach()
    while (!this.#state.ended || (this.#isUndelivered && !isFinal(this.state))) {
      try {
        // A cancel has closed the connection. If the server refuses it, the session goes on.
        if (this.#cancelRequest) await this.#cancelRequest.catch(() => {})
        else await this.#read()
      } catch (thrown) {
        await this.#recover(thrown)
      }
    }
    clearTimeout(this.#deadline)
    globalThis.removeEventListener?.('pagehide', onLeave)
    signal?.removeEventListener('abort', detach)
    return this.snapshot
  }

  /**
   * One connection, as soon as one may be opened. Returns when the stream has ended, throws when only the connection
   * has.
   */
  async #read(): Promise<void> {
    const { transport, silenceMs, startMs } = this.#settings
    const state = this.#state
    const attempt = new Attempt()
    this.#attempt = attempt
    const onWait = () => {
      this.#isWaitingForConnection = true
      if (state.facts.detached) attempt.end(CLOSED_HERE)
      else this.#waitFor({ for: 'turn' })
    }
    let unwatch = () => {}
    try {
      // A connection for a moment only does not wait for its turn: a start without a viewer, the tail after a cancel.
      await (state.facts.detached || this.#deadline ? undefined : transport.ready?.(attempt.signal, onWait))
      this.#isWaitingForConnection = false
      attempt.check()
      // A connection that lived through the network's absence is most likely dead, and silent about it.
      unwatch = onBackOnline(() => attempt.end(BACK_ONLINE))
      state.enter('connecting')
      this.#waitFor(null)
      // A listener may have left.
      attempt.check()
      const request = this.#request()
      const limitMs = request.kind === 'start' ? startMs : silenceMs
      const onBuffered = () => this.#buffered(attempt)
      const reading = await attempt.within(limitMs, transport.open(request, attempt.signal, onBuffered))
      this.#opened(reading)
      if (!reading) {
        if (!state.ended) this.#end(this.#deadline ? 'cancelled' : 'completed')
        return
      }
      while (!state.ended) {
        if (this.#queue?.isFull && !this.#deadline) await this.#waitForSpace(this.#queue, attempt.signal)
        // Only what is awaited can be late: a slow consumer is not a silent network.
        const events = await attempt.within(silenceMs, reading.next())
        if (!state.ended) this.#take(events)
      }
      // To the end of the body: over HTTP/1.1 the connection can then serve the next stream.
      if (isFinal(this.state)) await attempt.within(END_OF_BODY_MS, reading.next()).catch(() => {})
    } finally {
      this.#reading = undefined
      unwatch()
      attempt.end(CLOSED_HERE)
    }
  }

  /** Waits for the next try, if there is one. */
  async #recover(thrown: unknown): Promise<void> {
    const state = this.#state
    if ((state.ended && !this.#isUndelivered) || this.#cancelRequest || thrown === CLOSED_HERE) return
    state.enter('connecting')
    if (thrown === BACK_ONLINE) return
    const failure = toFailure(thrown)
    const { type, context } = failure
    if (type === 'resume_expired' && this.#cursor > 0) {
      this.#replacementId = this.streamId!
      return
    }
    if (this.#deadline && isPermanent(failure)) return this.#end('cancelled')
    if (type === 'not_found') {
      // The server has lost its log, and the page knows that there was one.
      if (this.#hasOpened || state.transcript.lastChunkId > 0) {
        return this.#end('error', { error: new StreamingError('producer_lost', LOST_LOG) })
      }
      if (this.#isStored) {
        this.detach()
        this.mayRun = false
        return
      }
    }
    if (type === 'producer_lost') {
      const next = context?.restarted_as
      this.#visited.add(this.streamId)
      if (typeof next !== 'string' || this.#visited.has(next)) return this.#end('error', { error: failure })
      // Read after a wait: all the viewers of a dead server come at this moment.
      this.#replacementId = next
    }
    const attempt = new Attempt()
    this.#attempt = attempt
    try {
      await this.#retries.wait(failure, attempt.signal, (waiting) => this.#waitFor(waiting))
    } catch (last) {
      if (attempt.isOver) return
      const error = toFailure(last)
      const hasGivenUp = !isPermanent(error)
      if (hasGivenUp) state.note({ type: 'given_up', error })
      this.#end('error', { error })
      this.mayRun = hasGivenUp
    }
  }

  /** The cursor of the next request. */
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
    this.#isUndelivered = false
    // The tail after a cancel is no return.
    if (this.#hasOpened && !this.#deadline) {
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
      if (!this.#queue || this.#queue.isClosed) this.#reading?.processed?.(lastChunkId)
      state.announce()
    }
  }

  #end(...how: Parameters<SessionState['end']>): void {
    this.mayRun = false
    if (!isFinal(this.state)) this.#state.end(...how)
    this.#state.announce()
  }

  #buffered(attempt: Attempt): void {
    attempt.alive()
    if (this.#isBuffered) return
    this.#isBuffered = true
    this.#state.announce({}, { type: 'buffered' })
  }

  #waitFor(waiting: Snapshot['waiting']): void {
    if (this.#state.facts.detached) return
    this.#state.announce({ waiting }, waiting?.for === 'retry' && { type: 'retry', ...waiting })
  }

  async #waitForSpace(queue: EventQueue<E>, signal: AbortSignal): Promise<void> {
    this.#state.enter('paused')
    this.#state.announce()
    await queue.space(signal)
    this.#state.enter('streaming')
    this.#state.announce()
  }
}
