import type { StreamingError } from '../../errors.ts'
import type { Alarm, Clock } from '../clock.ts'
import { Audience, type AudienceObserver } from '../delivery/audience.ts'
import type { Viewer, ViewerOptions } from '../delivery/viewer.ts'
import type { LogReader } from '../log/log.ts'
import type { Run } from '../run/run.ts'

/** Told by a {@link LiveStream} of its viewers and its end. */
export interface LiveStreamObserver {
  /** It does not run here and has no viewer here, so this process can forget it. */
  idle(stream: LiveStream): void
  viewerLeft(stream: LiveStream, viewer: Viewer): void
  viewerFailed(stream: LiveStream, error: StreamingError): void
}

/** A stream that this process has to do with: its log, its viewers here, and its run if that is here too. */
export class LiveStream implements AudienceObserver {
  readonly log: LogReader
  readonly audience: Audience
  readonly #clock: Clock
  readonly #observer: LiveStreamObserver
  #run: Run | undefined
  #unwatched: Alarm | undefined
  #cancelAfterMs = Number.POSITIVE_INFINITY

  constructor(log: LogReader, clock: Clock, observer: LiveStreamObserver) {
    this.log = log
    this.#clock = clock
    this.#observer = observer
    this.audience = new Audience(log, clock, this)
  }

  get run(): Run | undefined {
    return this.#run
  }

  /** The run is here. With no viewer for `cancelAfterMs`, it is cancelled. */
  runs(run: Run, cancelAfterMs: number): void {
    this.#run = run
    this.#cancelAfterMs = cancelAfterMs
    if (cancelAfterMs !== Number.POSITIVE_INFINITY) {
      this.#unwatched = this.#clock.alarm(() => {
        // Viewers on other instances count too.
        if ((this.log.elsewhere?.size ?? 0) > 0) this.#unwatched?.setIn(cancelAfterMs)
        else run.cancel('unwatched')
      })
      this.#unwatched.setIn(cancelAfterMs)
    }
  }

  /** The run has ended. */
  ended(): void {
    this.#run = undefined
    this.#unwatched?.clear()
    this.#checkIdle()
  }

  attach(options: ViewerOptions): Viewer {
    const viewer = this.audience.attach(options)
    this.#unwatched?.clear()
    return viewer
  }

  viewerLeft(_audience: Audience, viewer: Viewer): void {
    this.#observer.viewerLeft(this, viewer)
  }

  progressed(): void {
    this.#run?.progressed()
  }

  emptied(): void {
    if (this.#run !== undefined) this.#unwatched?.setIn(this.#cancelAfterMs)
    this.#checkIdle()
  }

  viewerFailed(_audience: Audience, error: StreamingError): void {
    this.#observer.viewerFailed(this, error)
  }

  #checkIdle(): void {
    if (this.#run !== undefined || this.audience.size > 0) return
    this.audience.close()
    this.#observer.idle(this)
  }
}
