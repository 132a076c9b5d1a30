import type { Alarm, Wheel } from '@sluice/core/server'
import type { ServerMessage } from './server-messages.ts'
import type { Socket } from './socket.ts'

/** Who waits for room in a socket. */
export interface Waiter {
  /** There is room for one frame. */
  ready(): void
}

/** As much of a `node:stream` as is used here. */
export interface Corkable {
  cork(): void
  uncork(): void
}

/** How an {@link Outbox} behaves. */
export interface OutboxOptions {
  readonly wheel: Wheel
  /** The socket beneath, where there is one: what leaves in one turn leaves in one write. */
  readonly stream: Corkable | undefined
  readonly highWaterMark: number
  readonly maxFrameBytes: number
  readonly stallMs: number
  /** The socket has taken nothing for `stallMs`, or its client asks without ever reading an answer. */
  readonly onStalled: () => void
}

const TEXT = { binary: false } as const

/** Answers that nobody reads, in bytes, before the socket counts as stalled: a client chooses how many it causes. */
const MAX_UNREAD_ANSWERS = 262_144

/** The way out of one socket, which its streams share: bounded in bytes, one frame each in turn when it is short. */
export class Outbox {
  /** Bytes of messages that were sent. */
  bytesSent = 0
  readonly #socket: Socket
  readonly #options: OutboxOptions
  #isCorked = false
  readonly #stall: Alarm
  /** Insertion order is the order of turns. */
  readonly #waiting = new Set<Waiter>()
  #turn: NodeJS.Immediate | undefined
  #answers = 0
  #isClosed = false
  /** One function for all frames: a closure for each would cost more than the rest of the sending. */
  readonly #onSent = (): void => this.#sent()
  readonly #uncork = (): void => {
    this.#isCorked = false
    this.#options.stream?.uncork()
    const isWatched = this.#stall.at !== Number.POSITIVE_INFINITY
    if (!this.#isClosed && !isWatched && this.unsentBytes > 0) this.#stall.setIn(this.#options.stallMs)
  }

  constructor(socket: Socket, options: OutboxOptions) {
    this.#socket = socket
    this.#options = options
    this.#stall = options.wheel.alarm(options.onStalled)
  }

  /** Bytes that have not left the process. */
  get unsentBytes(): number {
    return this.#socket.bufferedAmount
  }

  /** Sends a frame of a stream. `false`: that was enough for now, and `waiter` hears when it is its turn again. */
  write(waiter: Waiter, frame: Uint8Array): boolean {
    this.#send(frame, frame.length, this.#onSent)
    const { highWaterMark, maxFrameBytes } = this.#options
    // A frame of half the cap is one that may have more behind it: let others have theirs first.
    const mayGoOn = this.unsentBytes < highWaterMark && frame.length < maxFrameBytes / 2
    if (mayGoOn) return true
    this.#waiting.add(waiter)
    this.#takeTurns()
    return false
  }

  /** Sends a message that belongs to no log. It does not wait: what it says may be what ends the waiting. */
  send(message: ServerMessage): void {
    const text = JSON.stringify(message)
    const bytes = Buffer.byteLength(text)
    this.#answers += bytes
    this.#send(text, bytes, () => {
      this.#answers -= bytes
      this.#sent()
    })
    if (this.#answers > MAX_UNREAD_ANSWERS) this.#options.onStalled()
  }

  /** It no longer waits. */
  forget(waiter: Waiter): void {
    this.#waiting.delete(waiter)
  }

  /** Nothing more is sent. */
  close(): void {
    this.#isClosed = true
    this.#waiting.clear()
    this.#stall.clear()
    if (this.#turn !== undefined) clearImmediate(this.#turn)
  }

  #send(data: string | Uint8Array, bytes: number, onSent: () => void): void {
    if (this.#isClosed) return
    this.bytesSent += bytes
    if (!this.#isCorked) this.#cork()
    this.#socket.send(data, TEXT, onSent)
  }

  /** A hundred streams of one socket would otherwise be a hundred system calls in a turn. */
  #cork(): void {
    this.#isCorked = true
    this.#options.stream?.cork()
    process.nextTick(this.#uncork)
  }

  /** The socket has taken something. */
  #sent(): void {
    if (this.#isClosed) return
    if (this.unsentBytes === 0) this.#stall.clear()
    else this.#stall.setIn(this.#options.stallMs)
    this.#takeTurns()
  }

  /** Lets as many go on as there is room for, one frame each; those who have nothing to send take none of it. */
  #takeTurns(): void {
    if (this.#turn !== undefined || this.#waiting.size === 0) return
    if (this.unsentBytes >= this.#options.highWaterMark) return
    this.#turn = setImmediate(() => {
      this.#turn = undefined
      let room = this.#options.highWaterMark - this.unsentBytes
      for (const waiter of this.#waiting) {
        if (room <= 0) break
        room -= this.#options.maxFrameBytes
        this.#waiting.delete(waiter)
        waiter.ready()
      }
      this.#takeTurns()
    })
  }
}
