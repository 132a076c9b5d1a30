import { type Ack, type AckOutcome, SendWindow, type SendWindowStats } from '@sluice/core'
import type { Alarm, Clock, DetachReason, Sink, StreamHandle, Viewer } from '@sluice/core/server'
import { framingOf } from './framing.ts'
import type { CheckedOptions } from './options.ts'
import type { Outbox, Waiter } from './outbox.ts'

/** How one stream is sent over a socket. */
export interface AttachmentOptions {
  /** The options of the plugin, one object for all. */
  readonly options: CheckedOptions
  readonly handle: StreamHandle
  /** The cursor to go on from. */
  readonly after: number
  readonly window: number | undefined
  readonly outbox: Outbox
  /** Called once, when it ends for any reason. */
  readonly onEnd: (attachment: Attachment, reason: DetachReason) => void
}

/** A stream that a connection reads, as `app.sluiceConnections` lists it. */
export interface AttachmentInfo extends SendWindowStats {
  readonly streamId: string
  /** The definition's name. */
  readonly stream: string
  /** The last chunk_id that was sent. */
  readonly cursor: number
  /** Chunks that wait at the client, as its last ack says. */
  readonly queueLength: number | undefined
}

/** After a pause of this length the client is told of it, in milliseconds. Shorter pauses are normal with flow control. */
const SAY_PAUSED_MS = 1_000

/** A stream that a connection reads: core's viewer on one side, the shared socket on the other. */
export class Attachment implements Sink, Waiter {
  readonly streamId: string
  queueLength: number | undefined
  readonly #viewer: Viewer
  readonly #outbox: Outbox
  readonly #after: number
  readonly #window: SendWindow
  readonly #stream: string
  readonly #clock: Clock
  readonly #onEnd: AttachmentOptions['onEnd']
  /** Made when it is first needed: most viewers are never paused. */
  #pausedLong: Alarm | undefined
  #isSaidPaused = false

  /** @throws {StreamingError} if the cursor or the window is not valid, or if the hub refuses the viewer. */
  constructor({ options, handle, after, window, outbox, onEnd }: AttachmentOptions) {
    const { maxWindow, maxFrameBytes, stallMs, flushMs, hub } = options
    const { record } = handle
    this.streamId = record.streamId
    this.#stream = record.stream
    this.#outbox = outbox
    this.#after = after
    this.#clock = hub.clock
    this.#onEnd = onEnd
    handle.checkCursor(after)
    this.#window = new SendWindow({ after, window, maxWindow, now: hub.clock.now })
    this.#viewer = handle.attach({
      after,
      limit: this.#window.limit,
      sink: this,
      framing: framingOf(record, outbox.form),
      maxFrameBytes,
      stallMs,
      flushMs,
    })
  }

  /** Chunks that were sent. */
  get chunksSent(): number {
    return this.#viewer.cursor - this.#after
  }

  get info(): AttachmentInfo {
    const { streamId, queueLength } = this
    const { cursor } = this.#viewer
    this.#window.sent(cursor)
    return { streamId, stream: this.#stream, cursor, queueLength, ...this.#window.stats }
  }

  /** Takes an ack: the last chunk that the client has processed. */
  ack(ack: Ack): AckOutcome {
    this.#window.sent(this.#viewer.cursor)
    const outcome = this.#window.ack(ack)
    if (outcome.kind !== 'raised') return outcome
    this.#pausedLong?.clear()
    if (this.#isSaidPaused) this.#say('streaming')
    this.#viewer.allow(outcome.limit)
    return outcome
  }

  /** Detaches from the stream, because the client or the connection asks for it. */
  leave(): void {
    this.#viewer.detach('left')
  }

  /** @internal Called by the outbox. */
  ready(): void {
    this.#viewer.ready()
  }

  /** @internal Called by the viewer, whose cursor is then the last chunk of the frame. */
  write(frame: Uint8Array): boolean {
    // The window reads the cursor when it is asked: that costs nothing for each frame.
    if (this.#viewer.cursor >= this.#viewer.limit) this.#usedUp()
    return this.#outbox.write(this, frame)
  }

  /** @internal Called by the hub. Unsent bytes of a socket count for each of its streams. */
  unsentBytes(): number {
    return this.#outbox.unsentBytes
  }

  /** @internal Called by the viewer. */
  end(reason: DetachReason): void {
    this.#pausedLong?.clear()
    this.#outbox.forget(this)
    this.#onEnd(this, reason)
  }

  #usedUp(): void {
    this.#window.sent(this.#viewer.cursor)
    this.#pausedLong ??= this.#clock.alarm(() => this.#sayPaused())
    this.#pausedLong.setIn(SAY_PAUSED_MS)
  }

  /** If the log has no further event yet, the client is told nothing. */
  #sayPaused(): void {
    if (this.#viewer.isPaused) this.#say('paused')
    else this.#pausedLong?.setIn(SAY_PAUSED_MS)
  }

  #say(state: 'paused' | 'streaming'): void {
    this.#isSaidPaused = state === 'paused'
    this.#outbox.send({ type: 'stream_state', stream_id: this.streamId, state })
  }
}
