import type { Alarm, Clock } from '@sluice/core/server'
import { leaveSoon } from './leave.ts'
import type { ServerMessage } from './server-messages.ts'
import type { Wire } from './wire.ts'

/** Waits for space in a socket. */
export interface Waiter {
  /** There is room for one frame. */
  ready(): void
}

/** How an {@link Outbox} behaves: the options of the plugin, one object for all of its sockets. */
export interface OutboxOptions {
  readonly hub: { readonly clock: Clock }
  readonly highWaterMark: number
  readonly maxFrameBytes: number
  readonly stallMs: number
}

/** Answers that nobody reads, in bytes, before the socket counts as stalled: a client chooses how many it causes. */
const MAX_UNREAD_ANSWERS = 262_144

/** How often a socket that does not take everything at once is looked at, in milliseconds. */
const LOOK_MS = 100

/**
 * The way out of one socket, which its streams share: bounded in bytes, one frame each in turn when it is short. What
 * comes in one turn of the event loop leaves in one write.
 */
export class Outbox {
  /** Whether it is on the list of those that have something to send. Only that list touches it. */
  isLeaving = false
  /** Bytes that were sent. */
  bytesSent = 0
  readonly #wire: Wire
  readonly #options: OutboxOptions
  readonly #onStalled: () => void
  /** Made when it is first needed, as who waits: most sockets are never short. */
  #stall: Alarm | undefined
  /** Insertion order is the order of turns. */
  #waiting: Set<Waiter> | undefined
  #isTurnDue = false
  /**
   * The messages that leave at the end of this turn. No list if there are none: one that is kept empty lives long enough to be
   * moved by the garbage collector, for each socket.
   */
  #gathered: Uint8Array[] | undefined
  #gatheredBytes = 0
  /** Of those, the bytes that are answers. */
  #gatheredAnswers = 0
  /** Bytes of answers that a socket which was not empty has been given, and has not taken. */
  #unreadAnswers = 0
  /** What the socket had taken when it was last looked at, and since when it has been no more, as far as was seen. */
  #takenBefore = 0
  #takenAt = 0
  #isClosed = false

  /** @param onStalled The socket has taken nothing for `stallMs`, or its client asks without ever reading an answer. */
  constructor(wire: Wire, options: OutboxOptions, onStalled: () => void) {
    this.#wire = wire
    this.#options = options
    this.#onStalled = onStalled
  }

  /** The form in which it takes frames. */
  get form(): Wire['form'] {
    return this.#wire.form
  }

  /** Bytes that have not left the process. */
  get unsentBytes(): number {
    return this.#wire.unsentBytes + this.#gatheredBytes
  }

  /** Sends a frame of a stream. `false`: that was enough for now, and `waiter` hears when it is its turn again. */
  write(waiter: Waiter, frame: Uint8Array): boolean {
    this.#gather(frame)
    const { highWaterMark, maxFrameBytes } = this.#options
    // A frame of half the cap is one that may have more behind it: let others have theirs first.
    if (frame.length < maxFrameBytes / 2 && this.unsentBytes < highWaterMark) return true
    this.#waiting ??= new Set()
    this.#waiting.add(waiter)
    this.#takeTurns()
    return false
  }

  /** Sends a message that belongs to no log. It does not wait: what it says may be what ends the waiting. */
  send(message: ServerMessage): void {
    const answer = this.#wire.encode(JSON.stringify(message))
    this.#gatheredAnswers += answer.length
    this.#gather(answer)
    if (this.#unreadAnswers + this.#gatheredAnswers > MAX_UNREAD_ANSWERS) this.#onStalled()
  }

  /** It no longer waits. */
  forget(waiter: Waiter): void {
    this.#waiting?.delete(waiter)
  }

  /** Nothing more is sent than what was before. */
  close(): void {
    this.leave()
    this.#isClosed = true
    this.#waiting?.clear()
    this.#stall?.clear()
  }

  #gather(frame: Uint8Array): void {
    if (this.#isClosed) return
    // A list that is pushed to has room for seventeen, and most have one.
    if (this.#gathered === undefined) this.#gathered = [frame]
    else this.#gathered.push(frame)
    this.#gatheredBytes += frame.length
    leaveSoon(this)
  }

  /** What was gathered leaves. */
  leave(): void {
    const frames = this.#gathered
    if (frames === undefined) return
    const bytes = this.#gatheredBytes
    const answers = this.#gatheredAnswers
    this.#gathered = undefined
    this.#gatheredBytes = 0
    this.#gatheredAnswers = 0
    this.bytesSent += bytes
    const isCongested = this.#wire.unsentBytes > 0 || bytes >= this.#options.highWaterMark
    // Nearly always a socket takes all at once. Node's telling so would cost as much as the writing.
    if (!isCongested) this.#wire.send(frames, bytes)
    else {
      this.#unreadAnswers += answers
      this.#wire.send(frames, bytes, () => this.#sent(answers))
    }
    if (this.#wire.unsentBytes > 0 && !this.#isWatched) this.#watchStall()
  }

  /** The socket has taken what it had. */
  #sent(answers: number): void {
    this.#unreadAnswers -= answers
    if (this.#isClosed) return
    if (this.#wire.unsentBytes === 0) this.#stall?.clear()
    else this.#watchStall()
    this.#takeTurns()
  }

  get #isWatched(): boolean {
    return this.#stall !== undefined && this.#stall.at !== Number.POSITIVE_INFINITY
  }

  #watchStall(): void {
    const { clock } = this.#options.hub
    this.#takenBefore = this.#taken
    this.#takenAt = clock.now()
    this.#stall ??= clock.alarm(() => this.#lookWhetherItTakes())
    this.#stall.setIn(this.#lookMs)
  }

  get #lookMs(): number {
    return Math.min(this.#options.stallMs, LOOK_MS)
  }

  /**
   * Called every 100 ms while something waits. Not every write tells when it is done, and to move an alarm by what has
   * left each time that it is due would find a stall up to twice `stallMs` late.
   */
  #lookWhetherItTakes(): void {
    const { hub, stallMs } = this.#options
    if (this.#wire.unsentBytes === 0) return
    if (this.#taken > this.#takenBefore) this.#watchStall()
    else if (hub.clock.now() - this.#takenAt >= stallMs) this.#onStalled()
    else this.#stall?.setIn(this.#lookMs)
  }

  /** Bytes that the socket has taken. */
  get #taken(): number {
    return this.bytesSent - this.#wire.unsentBytes
  }

  /** Resumes as many senders as there is space for, one frame each; a sender without events takes no space. */
  #takeTurns(): void {
    const waiting = this.#waiting
    if (this.#isTurnDue || waiting === undefined || waiting.size === 0) return
    if (this.unsentBytes >= this.#options.highWaterMark) return
    this.#isTurnDue = true
    setImmediate(() => {
      this.#isTurnDue = false
      let room = this.#options.highWaterMark - this.unsentBytes
      for (const waiter of waiting) {
        if (room <= 0) break
        room -= this.#options.maxFrameBytes
        waiting.delete(waiter)
        waiter.ready()
      }
      this.#takeTurns()
    })
  }
}
