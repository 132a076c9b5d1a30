import type { StreamingError } from '../../errors.ts'
import type { Clock } from '../clock.ts'
import type { LogReader, LogSubscriber, LogWriter } from '../log/log.ts'
import type { EventRange } from '../log/segments.ts'
import { type Flushable, flushSoon, flushWithin } from './flush.ts'
import { type DetachReason, type Frame, type Framing, Viewer, type ViewerOptions } from './viewer.ts'

/** Observes the viewers of a stream: its run, and the hub. */
export interface AudienceObserver {
  /** Some viewer has moved on, come or gone: a log at its bound may have room now. */
  progressed(audience: Audience): void
  /** A viewer has been disconnected. */
  viewerLeft(audience: Audience, viewer: Viewer): void
  /** The last viewer has left, or the log has released the stream. */
  emptied(audience: Audience): void
  viewerFailed(audience: Audience, error: StreamingError): void
}

/** After `stream_start` comes the first piece of the answer. Nobody wants to wait for that. */
const FIRST_CHUNK = 2

/** The viewers of one stream in this process, and the frames that they share. */
export class Audience implements Flushable, LogSubscriber {
  scheduled = false
  readonly log: LogReader
  readonly clock: Clock
  readonly #observer: AudienceObserver
  readonly #viewers = new Set<Viewer>()
  readonly #unsubscribe: () => void
  #framed: SharedFrame | undefined
  /** The least that any viewer since there was none wants to wait. */
  #flushMs = 0

  constructor(log: LogReader, clock: Clock, observer: AudienceObserver) {
    this.log = log
    this.clock = clock
    this.#observer = observer
    this.#unsubscribe = log.subscribe(this)
  }

  get size(): number {
    return this.#viewers.size
  }

  [Symbol.iterator](): IterableIterator<Viewer> {
    return this.#viewers.values()
  }

  attach(options: ViewerOptions): Viewer {
    const viewer = new Viewer(this, options)
    this.#viewers.add(viewer)
    this.#flushMs = this.#viewers.size === 1 ? viewer.flushMs : Math.min(this.#flushMs, viewer.flushMs)
    // Its first flush announces it. At once, it might be disconnected as lagging before its owner even has it.
    flushSoon(viewer)
    return viewer
  }

  /** The events after `after`, framed; one framing serves all viewers that ask for the same. */
  read(framing: Framing, after: number, limit: number, maxBytes: number): Frame | Promise<Frame> {
    const framed = this.#framed
    if (
      framed?.framing === framing &&
      framed.after === after &&
      framed.maxBytes === maxBytes &&
      framed.frame.last <= limit
    ) {
      return framed.frame
    }
    const range = this.log.read(after, limit, maxBytes)
    if (range instanceof Promise) return range.then((events) => this.#frame(framing, maxBytes, events))
    return this.#frame(framing, maxBytes, range)
  }

  #frame(framing: Framing, maxBytes: number, range: EventRange): Frame {
    const frame = { frame: framing(range), last: range.last }
    // With one viewer nobody else will ask, and a frame kept for each of ten thousand streams is not nothing.
    if (this.#viewers.size > 1) this.#framed = { framing, after: range.first - 1, maxBytes, frame }
    return frame
  }

  /** The furthest that any viewer here has come; 0 when there is none. */
  get furthest(): number {
    let furthest = 0
    for (const { cursor } of this.#viewers) furthest = Math.max(furthest, cursor)
    return furthest
  }

  /**
   * Makes room in a log at its limit, and says whether there is room now. It trims the events that all viewers have passed;
   * if that is not enough, it disconnects the viewers furthest behind, as long as another one is ahead of them, here or
   * on another instance. Of those elsewhere only the first one's place is known: the others have the log's margin.
   */
  makeRoom(log: LogWriter): boolean {
    const byCursor = [...this.#viewers].sort((a, b) => a.cursor - b.cursor)
    const furthest = furthestAnywhere(this, log)
    for (const viewer of byCursor) {
      log.trim(viewer.cursor)
      if (!log.full) return true
      if (viewer.cursor === furthest || !log.canTrim(furthest)) return false
      viewer.detach('lagging')
    }
    log.trim(furthest)
    return !log.full
  }

  flush(): void {
    for (const viewer of this.#viewers) viewer.deliver()
    this.#framed = undefined
    this.progressed()
  }

  /** Some viewer has moved on. */
  progressed(): void {
    this.#observer.progressed(this)
  }

  /** Lets all viewers go. */
  detachAll(reason: DetachReason): void {
    for (const viewer of this.#viewers) viewer.detach(reason)
  }

  appended(): void {
    if (this.#viewers.size === 0) return
    if (this.#flushMs === 0 || this.log.ended || this.log.last <= FIRST_CHUNK) flushSoon(this)
    else flushWithin(this, this.#flushMs)
  }

  evicted(): void {
    this.detachAll('expired')
    this.#observer.emptied(this)
  }

  /** @internal A viewer reports that it was disconnected. */
  left(viewer: Viewer): void {
    this.#viewers.delete(viewer)
    this.#observer.viewerLeft(this, viewer)
    this.#observer.progressed(this)
    if (this.#viewers.size === 0) this.#observer.emptied(this)
  }

  /** @internal */
  viewerFailed(error: StreamingError): void {
    this.#observer.viewerFailed(this, error)
  }

  /** Nobody needs it any more. */
  close(): void {
    this.#unsubscribe()
  }
}

/** The furthest that any viewer has come, here or on another instance. */
export function furthestAnywhere({ furthest }: Audience, { elsewhere }: LogWriter): number {
  return Math.max(furthest, elsewhere?.furthest ?? 0)
}

/** A frame, and what another viewer has to ask for to get the same. */
interface SharedFrame {
  readonly framing: Framing
  readonly after: number
  readonly maxBytes: number
  readonly frame: Frame
}
