import type { EventRange } from '@sluice/core/server'
import type { StreamKeys } from '../find/keys.ts'
import type { LogContext } from '../log-context.ts'
import type { Appending } from './appends.ts'
import type { Gathering } from './gather-timer.ts'
import type { WriterReply } from './writer-reply.ts'

/** The stream whose events go out. */
export interface Sender {
  readonly token: string
  readonly keys: StreamKeys
  /** The chunk_id before the next event. */
  readonly top: number
  /** The chunk_id of the terminal event, once there is one. */
  readonly endId: number | undefined
  /** Whether events may go out now. */
  readonly maySend: boolean
  eventsAfter(chunkId: number, maxBytes: number): EventRange
  /** Redis has answered an append that went through `sentThrough`; `undefined`: what became of it nobody knows. */
  answered(reply: WriterReply | undefined, sentThrough: number): void
}

/** After `stream_start` comes the first piece of the answer. */
const FIRST_CHUNK = 2

/**
 * The events of one stream on their way to Redis. The first ones leave at the end of the turn; while an append is under
 * way, later ones are gathered, for no longer than the delay of its timer and up to the size of a batch.
 */
export class Outgoing implements Appending, Gathering {
  readonly #context: LogContext
  readonly #sender: Sender
  /** The highest chunk_id that was sent. */
  #sent = 0
  #inFlight = 0
  #isUrgent = false
  #isDue = false
  /** When the times to live were set, on the clock's clock. */
  #refreshedAt = Number.NEGATIVE_INFINITY

  constructor(context: LogContext, sender: Sender) {
    this.#context = context
    this.#sender = sender
  }

  get sent(): number {
    return this.#sent
  }

  /** Whether nothing that was sent still waits for its answer. */
  get isQuiet(): boolean {
    return this.#inFlight === 0
  }

  /** There is something to send. The first events of a stream and its terminal event never wait. */
  schedule(): void {
    const { top, endId } = this.#sender
    const { appends } = this.#context
    if (top <= FIRST_CHUNK || endId !== undefined) appends.now(this)
    else if (!this.#isDue) appends.soon(this)
    this.#isDue = true
  }

  /** Redis has everything up to `last`: what follows is sent, once more perhaps. */
  goOnFrom(last: number): void {
    this.#sent = last
    this.schedule()
  }

  /** Redis has a new record of the stream, without its times to live. */
  restoredAt(last: number): void {
    this.#refreshedAt = Number.NEGATIVE_INFINITY
    this.goOnFrom(last)
  }

  /** Nothing more goes out. */
  stop(): void {
    this.#context.gatherTimer.forget(this)
  }

  gathered(): void {
    this.#isUrgent = true
    this.#context.appends.now(this)
  }

  turnEnds(): void {
    this.#isDue = false
    const { bounds, gatherTimer } = this.#context
    const sender = this.#sender
    let mayGo = this.#isUrgent || this.#inFlight === 0
    this.#isUrgent = false
    while (sender.maySend && this.#sent < sender.top) {
      const events = sender.eventsAfter(this.#sent, bounds.maxBatchBytes)
      const isLarge = events.last < sender.top || events.byteLength >= bounds.maxBatchBytes
      if (!mayGo && !isLarge) {
        gatherTimer.wait(this)
        return
      }
      mayGo = false
      this.#sent = events.last
      this.#send(events)
    }
    gatherTimer.forget(this)
  }

  #send(events: EventRange): void {
    const { token, keys, endId } = this.#sender
    const { clock, bounds, appends } = this.#context
    const now = clock.now()
    const refreshes = now - this.#refreshedAt > bounds.leaseMs / 3
    if (refreshes) this.#refreshedAt = now
    this.#inFlight += 1
    appends.add({
      token,
      keys,
      events,
      isEnd: events.last === endId,
      refreshes,
      answered: (reply) => {
        this.#inFlight -= 1
        this.#sender.answered(reply, events.last)
      },
    })
  }
}
