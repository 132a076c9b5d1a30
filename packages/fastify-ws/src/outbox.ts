import type { Alarm, Clock } from '@sluice/core/server'
import { flushAfterTick } from './flush.ts'
import type { ServerMessage } from './server-messages.ts'
import type { SocketWriter } from './socket-writer.ts'

/** A reader that waits until a socket can take more. */
export interface Waiter {
  /** The socket can take one more frame. */
  ready(): void
}

/** How an {@link Outbox} behaves: the options of the plugin, one object for all of its sockets. */
export interface OutboxOptions {
  readonly hub: { readonly clock: Clock }
  readonly highWaterMark: number
  readonly maxFrameBytes: number
  readonly stallMs: number
}

/** Bytes of answers that the client may leave unread before the socket counts as stalled. The client chooses how many answers it causes. */
const MAX_UNREAD_ANSWERS = 262_144

/** How often a socket that has unsent bytes is checked for progress, in milliseconds. */
const CHECK_MS = 100

/**
 * Queues what one socket sends. Its streams share it: it is bounded in bytes, and if it is full they write one frame each in
 * turn. All that is queued in one turn of the event loop is one write.
 */
export class Outbox {
  /** Whether `flushAfterTick` has it on its list. Only that list changes it. */
  isScheduled = false
  /** Bytes that were sent. */
  bytesSent = 0
  readonly #writer: SocketWriter
  readonly #options: OutboxOptions
  readonly #onStalled: () => void
  /** Made when it is first needed, as `#waiting` is: most sockets are never full. */
  #stall: Alarm | undefined
  /** Insertion order is the order of turns. */
  #waiting: Set<Waiter> | undefined
  #isTurnDue = false
  /**
   * Messages to write at the end of this tick; `undefined` if there are none. An empty list for each socket would live long
   * enough that the garbage collector moves it.
   */
  #gathered: Uint8Array[] | undefined
  #gatheredBytes = 0
  /** Bytes of answers among them. */
  #gatheredAnswers = 0
  /** Bytes of answers that were written while the socket had unsent bytes, and that have not left yet. */
  #unreadAnswers = 0
  /** Bytes that had left at the last check, and the time of the check that first saw this number. */
  #takenBefore = 0
  #takenAt = 0
  #isClosed = false

  /** @param onStalled Called if the socket has taken nothing for `stallMs`, or if its client sends requests and reads no answers. */
  constructor(writer: SocketWriter, options: OutboxOptions, onStalled: () => void) {
    this.#writer = writer
    this.#options = options
    this.#onStalled = onStalled
  }

  /** The form in which it takes frames. */
  get form(): SocketWriter['form'] {
    return this.#writer.form
  }

  /** Bytes that have not left the process. */
  get unsentBytes(): number {
    return this.#writer.unsentBytes + this.#gatheredBytes
  }

  /** Sends a frame of a stream. `false`: write no more until `waiter.ready()` is called. */
  write(waiter: Waiter, frame: Uint8Array): boolean {
    this.#gather(frame)
    const { highWaterMark, maxFrameBytes } = this.#options
    // After a frame of half the largest size, the stream may have more to send: the others get their turn first.
    if (frame.length < maxFrameBytes / 2 && this.unsentBytes < highWaterMark) return true
    this.#waiting ??= new Set()
    this.#waiting.add(waiter)
    this.#takeTurns()
    return false
  }

  /** Sends a message that belongs to no log. It does not wait: what it says may be what ends the waiting. */
  send(message: ServerMessage): void {
    const answer = this.#writer.encode(JSON.stringify(message))
    this.#gatheredAnswers += answer.length
    this.#gather(answer)
    if (this.#unreadAnswers + this.#gatheredAnswers > MAX_UNREAD_ANSWERS) this.#onStalled()
  }

  /** Removes a waiter that no longer waits. */
  forget(waiter: Waiter): void {
    this.#waiting?.delete(waiter)
  }

  /** Sends what is queued, and nothing after it. */
  close(): void {
    this.flush()
    this.#isClosed = true
    this.#waiting?.clear()
    this.#stall?.clear()
  }

  #gather(frame: Uint8Array): void {
    if (this.#isClosed) return
    // `push` on an empty list allocates space for seventeen items, and most lists have one.
    if (this.#gathered === undefined) this.#gathered = [frame]
    else this.#gathered.push(frame)
    this.#gatheredBytes += frame.length
    flushAfterTick(this)
  }

  /** Writes what was gathered. */
  flush(): void {
    const frames = this.#gathered
    if (frames === undefined) return
    const bytes = this.#gatheredBytes
    const answers = this.#gatheredAnswers
    this.#gathered = undefined
    this.#gatheredBytes = 0
    this.#gatheredAnswers = 0
    this.bytesSent += bytes
    const isCongested = this.#writer.unsentBytes > 0 || bytes >= this.#options.highWaterMark
    // Nearly always a socket takes all at once. A callback would cost as much as the write.
    if (!isCongested) this.#writer.send(frames, bytes)
    else {
      this.#unreadAnswers += answers
      this.#writer.send(frames, bytes, () => this.#sent(answers))
    }
    if (this.#writer.unsentBytes === 0) this.#emptied()
    else if (!this.#isWatched) this.#watchStall()
  }

  /** All has left the process. A `send` that an application has put in place may have lost the callback that says so. */
  #emptied(): void {
    this.#unreadAnswers = 0
    this.#takeTurns()
  }

  /** A write has left the process. */
  #sent(answers: number): void {
    this.#unreadAnswers = Math.max(0, this.#unreadAnswers - answers)
    if (this.#isClosed) return
    if (this.#writer.unsentBytes === 0) this.#stall?.clear()
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
    this.#stall ??= clock.alarm(() => this.#checkProgress())
    this.#stall.setIn(this.#checkMs)
  }

  get #checkMs(): number {
    return Math.min(this.#options.stallMs, CHECK_MS)
  }

  /**
   * Called every 100 ms while bytes are unsent. Not every write has a callback, and a check once per `stallMs` would notice
   * a stall up to `stallMs` late.
   */
  #checkProgress(): void {
    const { hub, stallMs } = this.#options
    if (this.#writer.unsentBytes === 0) {
      this.#emptied()
      return
    }
    if (this.#taken > this.#takenBefore) this.#watchStall()
    else if (hub.clock.now() - this.#takenAt >= stallMs) this.#onStalled()
    else this.#stall?.setIn(this.#checkMs)
  }

  /** Bytes that the socket has taken. */
  get #taken(): number {
    return this.bytesSent - this.#writer.unsentBytes
  }

  /** Wakes as many waiters as the socket can take frames of, one frame each. */
  #takeTurns(): void {
    const waiting = this.#waiting
    if (this.#isTurnDue || waiting === undefined || waiting.size === 0) return
    if (this.unsentBytes >= this.#options.highWaterMark) return
    this.#isTurnDue = true
    setImmediate(() => {
      this.#isTurnDue = false
      let space = this.#options.highWaterMark - this.unsentBytes
      for (const waiter of waiting) {
        if (space <= 0) break
        space -= this.#options.maxFrameBytes
        waiting.delete(waiter)
        waiter.ready()
      }
      this.#takeTurns()
    })
  }
}
