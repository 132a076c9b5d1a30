import { type Ack, type AckOutcome, SendWindow, type SendWindowStats } from '@sluice/core'
import type { Alarm, DetachReason, Sink, StreamHandle, Viewer, Wheel } from '@sluice/core/server'
import { framingOf } from './framing.ts'
import type { Outbox, Waiter } from './outbox.ts'

/** How one stream is sent over a socket. */
export interface AttachmentOptions {
  readonly handle: StreamHandle
  /** The cursor to go on from. */
  readonly after: number
  readonly window: number | undefined
  readonly maxWindow: number
  readonly maxFrameBytes: number
  readonly stallMs: number
  readonly flushMs: number
  readonly wheel: Wheel
  readonly outbox: Outbox
  /** It is over, for whatever reason. */
  readonly onEnd: (attachment: Attachment, reason: DetachReason) => void
}

/** A stream on a socket, for those who ask. */
export interface AttachmentInfo extends SendWindowStats {
  readonly streamId: string
  /** The definition's name. */
  readonly stream: string
  /** The last chunk_id that was sent. */
  readonly cursor: number
  /** Chunks that wait at the client, as it said last. */
  readonly queueLength: number | undefined
}

/** Who is paused for as long is told so, in milliseconds: shorter pauses are what flow control is. */
const SAY_PAUSED_MS = 1_000

/** A stream that a connection reads: core's viewer on one side, the shared socket on the other. */
export class Attachment implements Sink, Waiter {
  readonly streamId: string
  /** Chunks that were sent. */
  chunksSent = 0
  queueLength: number | undefined
  readonly #handle: StreamHandle
  readonly #options: AttachmentOptions
  readonly #window: SendWindow
  readonly #viewer: Viewer
  readonly #pausedLong: Alarm
  #cursor: number
  #isSaidPaused = false

  /** @throws {StreamingError} where the cursor, the window or the hub does not allow it. */
  constructor(options: AttachmentOptions) {
    const { handle, after, window, maxWindow, maxFrameBytes, stallMs, flushMs, wheel, outbox } = options
    this.streamId = handle.record.streamId
    this.#handle = handle
    this.#options = options
    this.#cursor = after
    this.#pausedLong = wheel.alarm(() => this.#sayPaused())
    handle.checkCursor(after)
    this.#window = new SendWindow({ after, window, maxWindow, now: wheel.now })
    this.#viewer = handle.attach({
      after,
      limit: this.#window.limit,
      sink: this,
      framing: framingOf(handle.record)[outbox.form],
      maxFrameBytes,
      stallMs,
      flushMs,
    })
  }

  get info(): AttachmentInfo {
    const { streamId, queueLength } = this
    return {
      streamId,
      stream: this.#handle.record.stream,
      cursor: this.#cursor,
      queueLength,
      ...this.#window.stats,
    }
  }

  /** The client says what it has processed. */
  ack(ack: Ack): AckOutcome {
    const outcome = this.#window.ack(ack)
    if (outcome.kind !== 'raised') return outcome
    this.#pausedLong.clear()
    if (this.#isSaidPaused) this.#say('streaming')
    this.#viewer.allow(outcome.limit)
    return outcome
  }

  /** Lets the stream go, as the client or the connection wants it. */
  leave(): void {
    this.#viewer.detach('left')
  }

  /** @internal Called by the outbox. */
  ready(): void {
    this.#viewer.ready()
  }

  /** @internal Called by the viewer, whose cursor is then the last chunk of the frame. */
  write(frame: Uint8Array): boolean {
    const { cursor } = this.#viewer
    this.#window.sent(cursor)
    this.chunksSent += cursor - this.#cursor
    this.#cursor = cursor
    if (this.#window.isUsedUp) this.#pausedLong.setIn(SAY_PAUSED_MS)
    return this.#options.outbox.write(this, frame)
  }

  /** @internal Called by the hub. What waits in a socket waits for all of its streams. */
  unsentBytes(): number {
    return this.#options.outbox.unsentBytes
  }

  /** @internal Called by the viewer. */
  end(reason: DetachReason): void {
    this.#pausedLong.clear()
    this.#options.outbox.forget(this)
    this.#options.onEnd(this, reason)
  }

  /** The log may get something only later: then there is nothing to say yet. */
  #sayPaused(): void {
    if (this.#viewer.isPaused) this.#say('paused')
    else this.#pausedLong.setIn(SAY_PAUSED_MS)
  }

  #say(state: 'paused' | 'streaming'): void {
    this.#isSaidPaused = state === 'paused'
    this.#options.outbox.send({ type: 'stream_state', stream_id: this.streamId, state })
  }
}
