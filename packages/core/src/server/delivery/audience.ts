import type { StreamingError } from '../../errors.ts'
import type { Clock } from '../clock.ts'
import type { LogReader, LogSubscriber, LogWriter } from '../log/log.ts'
import type { EventRange } from '../log/segments.ts'
import { type Flushable, flushSoon, flushWithin } from './flush.ts'
import {
  type DetachReason,
  type Frame,
  type Framing,
  type FramingStep,
  type StatefulFraming,
  Viewer,
  type ViewerAudience,
  type ViewerOptions,
} from './viewer.ts'

/** Observes the viewers of a stream: its run and the hub do. */
export interface AudienceObserver {
  /** A viewer has moved on, attached or detached: a full log may have space now. */
  progressed(audience: Audience): void
  /** A viewer has been detached. */
  viewerLeft(audience: Audience, viewer: Viewer): void
  /** The last viewer has detached, or the log has discarded the stream. */
  emptied(audience: Audience): void
  viewerFailed(audience: Audience, error: StreamingError): void
}

/** The first piece of the answer comes after `stream_start`, and is never delayed. */
const FIRST_CHUNK = 2

/** The viewers of one stream in this process, and the frames that they share. */
export class Audience implements Flushable, LogSubscriber, ViewerAudience {
  scheduled = false
  readonly log: LogReader
  readonly clock: Clock
  readonly #observer: AudienceObserver
  readonly #viewers = new Set<Viewer>()
  readonly #unsubscribe: () => void
  /** The last frame of each kind of framing. */
  #framed: readonly SharedFrame[] = NO_FRAMES
  /** The shortest `flushMs` of the viewers since there was none. */
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
    // Its first flush reports it. At once, it could be detached as lagging before its owner has it.
    flushSoon(viewer)
    return viewer
  }

  /** The events after `after`, framed; one framing serves all viewers that ask for the same. */
  read(
    framing: Framing | StatefulFraming,
    after: number,
    limit: number,
    maxBytes: number,
  ): Frame | Promise<Frame> {
    const framed = this.#framedAs(framing)
    if (framed?.after === after && framed.maxBytes === maxBytes && framed.frame.last <= limit) {
      if (typeof framing !== 'function') framing.follow(framed.steps, framed.frame.last - after)
      return framed.frame
    }
    const range = this.log.read(after, limit, maxBytes)
    if (range instanceof Promise) return range.then((events) => this.#frame(framing, maxBytes, events))
    return this.#frame(framing, maxBytes, range)
  }

  #frame(framing: Framing | StatefulFraming, maxBytes: number, range: EventRange): Frame {
    // With one viewer no other will ask, and a frame kept for each of ten thousand streams would cost memory.
    const isShared = this.#viewers.size > 1
    const steps: FramingStep[] | undefined = isShared && typeof framing !== 'function' ? [] : undefined
    const bytes = typeof framing === 'function' ? framing(range) : framing.frame(range, steps)
    const frame = { frame: bytes, last: range.last }
    if (isShared) {
      const framed = this.#framedAs(framing)
      const others = this.#framed.filter((other) => other !== framed)
      const place = { after: range.first - 1, maxBytes }
      this.#framed = [...others, { kind: kindOf(framing), ...place, frame, steps: steps ?? NO_STEPS }]
    }
    return frame
  }

  #framedAs(framing: Framing | StatefulFraming): SharedFrame | undefined {
    const kind = kindOf(framing)
    for (const framed of this.#framed) if (framed.kind === kind) return framed
    return undefined
  }

  /** The highest cursor of the viewers here; 0 if there is none. */
  get furthest(): number {
    let furthest = 0
    for (const { cursor } of this.#viewers) furthest = Math.max(furthest, cursor)
    return furthest
  }

  /**
   * Makes space in a full log, and returns whether there is some now. Events that every viewer has passed are trimmed. If that
   * is not enough, the viewers furthest behind are detached, as long as another one is ahead of them, here or on another
   * instance. Of the viewers elsewhere only the highest cursor is known: the others have the log's margin.
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
    this.#framed = NO_FRAMES
    this.progressed()
  }

  /** A viewer has moved on. */
  progressed(): void {
    this.#observer.progressed(this)
  }

  /** Detaches all viewers. */
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

  /** @internal Called by a viewer that was detached. */
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

  /** Stops listening to the log. */
  close(): void {
    this.#unsubscribe()
  }
}

/** The highest cursor of all viewers, here or on another instance. */
export function furthestAnywhere({ furthest }: Audience, { elsewhere }: LogWriter): number {
  return Math.max(furthest, elsewhere?.furthest ?? 0)
}

/** A frame, and what another viewer has to ask for to get the same. */
interface SharedFrame {
  readonly kind: object
  readonly after: number
  readonly maxBytes: number
  readonly frame: Frame
  readonly steps: readonly FramingStep[]
}

const NO_STEPS: readonly FramingStep[] = []
const NO_FRAMES: readonly SharedFrame[] = []

/** Viewers share a frame if this is the same for their framings. */
function kindOf(framing: Framing | StatefulFraming): object {
  return typeof framing === 'function' ? framing : framing.kind
}
