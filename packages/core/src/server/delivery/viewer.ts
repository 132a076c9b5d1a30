import { type StreamingError, toStreamingError } from '../../errors.ts'
import type { StreamEvent } from '../../events.ts'
import type { Alarm, Clock } from '../clock.ts'
import type { LogReader } from '../log/log.ts'
import type { EventRange } from '../log/segments.ts'
import { type Flushable, flushSoon } from './flush.ts'

/** Why a viewer was detached. Only `ended` means that it has seen the terminal event. */
export type DetachReason =
  | 'ended'
  /** The client detached, or its connection ended. */
  | 'left'
  /** It held the log at its bound while another viewer was ahead. */
  | 'lagging'
  /** It read nothing for the whole of its stall timeout. */
  | 'stalled'
  /** The log no longer has the events that it was to read. */
  | 'expired'
  | 'shutting_down'
  /** Memory is nearly used up, and it had many unsent bytes. */
  | 'pressure'
  /** Its sink, or the log under it, threw. */
  | 'failed'

/** How a transport writes a run of events. Called once for all viewers that are at the same place. */
export type Framing = (range: EventRange) => Uint8Array

/**
 * A framing with a state, for a format in which an event depends on those before it. Each viewer has one of its own. It is given
 * the events in their order: either to frame, or to follow if another viewer's framing has made the frame.
 */
export interface StatefulFraming {
  /** Framings of one kind make the same frames of the same events of a stream, so their viewers share frames. */
  readonly kind: object
  /** @param steps if given, gets what has changed the state, for {@link StatefulFraming.follow} */
  frame(range: EventRange, steps: FramingStep[] | undefined): Uint8Array
  /** Moves on over `count` events that another framing of its kind has framed. */
  follow(steps: readonly FramingStep[], count: number): void
}

/** What changes the state of a framing: an event, or the joined text of events that need not be looked at. */
export type FramingStep = StreamEvent | CopiedStep

/** Text that was copied into this number of messages. */
export interface CopiedStep {
  readonly copied: string
  readonly messages: number
}

/** Takes a viewer's frames: the transport's side of a cursor. */
export interface Sink {
  /** Takes a frame. `false`: it is full, until a later `viewer.ready()`. A frame is never modified afterwards. */
  write(frame: Uint8Array): boolean
  /** Bytes that were taken and have not left the process yet. @default 0 */
  unsentBytes?(): number
  /** The viewer has been detached; nothing more is written. */
  end(reason: DetachReason): void
}

/** How a viewer reads. */
export interface ViewerOptions {
  /** The last chunk_id that it has processed; 0: none. */
  readonly after: number
  readonly sink: Sink
  readonly framing: Framing | StatefulFraming
  /** @internal The client that the hub counts it for. Set by the handle. */
  readonly countedFor?: string | undefined
  /** The highest chunk_id that may be sent; raised by {@link Viewer.allow}. @default Infinity */
  readonly limit?: number
  /** How long it may read nothing before it is detached, in milliseconds. @default 30_000 */
  readonly stallMs?: number
  /**
   * How long an event may wait for more of them, in milliseconds. The first events of a stream
   * and its last one never wait. Viewers of one stream are served together, as soon as any of them is due.
   * @default 0: events leave at the end of the turn of the event loop that they came in
   */
  readonly flushMs?: number
  /** The most JSON text in one frame, in bytes. @default 65_536 */
  readonly maxFrameBytes?: number
}

/** The viewers of a stream, as one {@link Viewer} uses them: it reads through them, and reports to them. */
export interface ViewerAudience {
  readonly log: LogReader
  readonly clock: Clock
  /** The events after `after` and up to `limit`, framed. */
  read(
    framing: Framing | StatefulFraming,
    after: number,
    limit: number,
    maxBytes: number,
  ): Frame | Promise<Frame>
  /** A viewer has moved on. */
  progressed(): void
  /** A viewer was detached. */
  left(viewer: Viewer): void
  /** The sink of a viewer, or the log under it, threw. */
  viewerFailed(error: StreamingError): void
}

/**
 * A cursor with a sink. The cursor is the last event that was written for one viewer; all later ones are read from the log.
 * It holds no events of its own, so a slow viewer costs the others nothing.
 */
export class Viewer implements Flushable {
  scheduled = false
  /** @internal */
  readonly countedFor: string | undefined
  readonly #audience: ViewerAudience
  readonly #sink: Sink
  readonly #framing: Framing | StatefulFraming
  readonly #maxFrameBytes: number
  /** How long an event may wait for more of them, in milliseconds. */
  readonly flushMs: number
  readonly #stallMs: number
  /** Made when it is first needed: most viewers never stall. */
  #stall: Alarm | undefined
  #cursor: number
  #limit: number
  #sinkIsFull = false
  #reading = false
  #detached: DetachReason | undefined

  /** @internal Made by `Audience.attach`. */
  constructor(audience: ViewerAudience, options: ViewerOptions) {
    this.countedFor = options.countedFor
    this.#audience = audience
    this.#sink = options.sink
    this.#framing = options.framing
    this.#cursor = options.after
    this.#limit = wholeLimit(options.limit ?? Number.POSITIVE_INFINITY)
    this.#maxFrameBytes = options.maxFrameBytes ?? 65_536
    this.flushMs = options.flushMs ?? 0
    this.#stallMs = options.stallMs ?? 30_000
  }

  /** The last chunk_id that was written. */
  get cursor(): number {
    return this.#cursor
  }

  /** The highest chunk_id that may be written now. */
  get limit(): number {
    return this.#limit
  }

  /** Why it was detached; `undefined` while it is attached. */
  get detached(): DetachReason | undefined {
    return this.#detached
  }

  /** Whether the log has events for it that it cannot take now. */
  get isPaused(): boolean {
    return this.#isBlocked && this.#cursor < this.#audience.log.last
  }

  /** Bytes that its sink was given and that have not left the process yet. */
  get unsentBytes(): number {
    return this.#sink.unsentBytes?.() ?? 0
  }

  get #isBlocked(): boolean {
    return this.#sinkIsFull || this.#cursor >= this.#limit
  }

  get #hasEverything(): boolean {
    const { ended, last } = this.#audience.log
    return ended && this.#cursor === last
  }

  /** The sink has space again (`drain`). */
  ready(): void {
    this.#sinkIsFull = false
    this.#unblocked()
  }

  /** Chunks through `limit` may be sent. A lower limit never takes back a higher one. */
  allow(limit: number): void {
    const whole = wholeLimit(limit)
    if (whole <= this.#limit) return
    const wasBlocked = this.#isBlocked
    this.#limit = whole
    // Nearly all acks come long before their limit is reached.
    if (wasBlocked) this.#unblocked()
  }

  /** Detaches the viewer. The stream continues. */
  detach(reason: DetachReason = 'left'): void {
    if (this.#detached !== undefined) return
    this.#detached = reason
    this.#stall?.clear()
    this.#audience.left(this)
    try {
      this.#sink.end(reason)
    } catch (error) {
      // The caller (a timer, another viewer, the hub) must not fail because of this sink.
      this.#audience.viewerFailed(toStreamingError(error))
    }
  }

  /** Writes what the log has and the sink takes. */
  flush(): void {
    this.deliver()
    this.#audience.progressed()
  }

  /** As {@link Viewer.flush}, without a call of `progressed`: the audience calls it once for all its viewers. */
  deliver(): void {
    try {
      this.#deliver()
    } catch (error) {
      this.#fail(error)
    }
  }

  #deliver(): void {
    const { log } = this.#audience
    while (this.#detached === undefined && !this.#reading && !this.#isBlocked && this.#cursor < log.last) {
      if (this.#cursor < log.first - 1) this.detach('expired')
      else this.#read()
    }
    if (this.#detached !== undefined || this.#reading) return
    if (this.#hasEverything) this.detach('ended')
    else if (!this.isPaused) this.#stall?.clear()
    else this.#awaitSpace()
  }

  #awaitSpace(): void {
    this.#stall ??= this.#audience.clock.alarm(() => this.detach('stalled'))
    if (this.#stall.at === Number.POSITIVE_INFINITY) this.#stall.setIn(this.#stallMs)
  }

  #read(): void {
    const frame = this.#audience.read(this.#framing, this.#cursor, this.#limit, this.#maxFrameBytes)
    if (frame instanceof Promise) this.#await(frame)
    else this.#write(frame)
  }

  #write({ frame, last }: Frame): void {
    this.#cursor = last
    this.#sinkIsFull = !this.#sink.write(frame)
  }

  #await(read: Promise<Frame>): void {
    this.#reading = true
    read.then(
      (frame) => {
        this.#reading = false
        if (this.#detached !== undefined) return
        try {
          this.#write(frame)
          // At once: a viewer that has the terminal event must not be detached for another reason in the meantime.
          if (this.#hasEverything) this.detach('ended')
          else flushSoon(this)
        } catch (error) {
          this.#fail(error)
        }
      },
      (error: unknown) => {
        this.#reading = false
        this.#fail(error)
      },
    )
  }

  /** A failure of one viewer ends only this viewer: the stream goes on, and the client can resume. */
  #fail(error: unknown): void {
    this.#audience.viewerFailed(toStreamingError(error))
    this.detach('failed')
  }

  /** Any progress restarts the stall timeout. */
  #unblocked(): void {
    if (this.#detached !== undefined) return
    this.#stall?.clear()
    flushSoon(this)
  }
}

/** A limit may come from a client: a fraction is rounded down, and NaN allows no chunk. */
function wholeLimit(limit: number): number {
  return Number.isNaN(limit) ? 0 : Math.floor(limit)
}

/** A frame, and the chunk_id of the last event in it. */
export interface Frame {
  readonly frame: Uint8Array
  readonly last: number
}
