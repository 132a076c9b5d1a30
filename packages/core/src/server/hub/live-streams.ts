import type { StreamingError } from '../../errors.ts'
import type { Clock } from '../clock.ts'
import type { DetachReason, Viewer, ViewerOptions } from '../delivery/viewer.ts'
import type { LogReader } from '../log/log.ts'
import { publish } from '../telemetry/diagnostics.ts'
import { logError } from '../telemetry/error-facts.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Meter } from '../telemetry/metrics.ts'
import type { Admission } from './admission.ts'
import { LiveStream, type LiveStreamObserver } from './live-stream.ts'

/** Options of {@link LiveStreams}. */
export interface LiveStreamsOptions {
  readonly clock: Clock
  readonly meter: Meter
  readonly admission: Admission
  readonly logger: () => Logger
}

/** The streams that this process has to do with: those that run here, and those that are watched here. */
export class LiveStreams implements LiveStreamObserver {
  readonly #options: LiveStreamsOptions
  readonly #byId = new Map<string, LiveStream>()
  #onQuiet: () => void = () => {}

  constructor(options: LiveStreamsOptions) {
    this.#options = options
  }

  [Symbol.iterator](): IterableIterator<LiveStream> {
    return this.#byId.values()
  }

  /** The live stream of this log. It is made if there is none. */
  of(reader: LogReader): LiveStream {
    const { streamId } = reader.record
    let live = this.#byId.get(streamId)
    if (live === undefined) {
      live = new LiveStream(reader, this.#options.clock, this)
      this.#byId.set(streamId, live)
    }
    return live
  }

  /**
   * Begins to read for a viewer.
   * @throws {StreamingError} `capacity`, `rate_limit`
   */
  attach(reader: LogReader, options: ViewerOptions): Viewer {
    this.#options.admission.takeViewer(options.countedFor)
    this.#options.meter.viewerAttached()
    publish('sluice:viewer:attach', { record: reader.record, after: options.after })
    return this.of(reader).attach(options)
  }

  viewerLeft({ log }: LiveStream, { cursor, countedFor, detached: reason = 'left' }: Viewer): void {
    this.#options.admission.viewerLeft(countedFor)
    this.#options.meter.viewerDetached(reason)
    publish('sluice:viewer:detach', { record: log.record, cursor, reason })
  }

  viewerFailed({ log }: LiveStream, error: StreamingError): void {
    const { streamId } = log.record
    logError(this.#options.logger(), { streamId }, error.cause ?? error, 'a viewer failed')
  }

  idle({ log }: LiveStream): void {
    this.#byId.delete(log.record.streamId)
    this.#onQuiet()
  }

  /** Disconnects all viewers of all streams. */
  detachAll(reason: DetachReason): void {
    for (const { audience } of [...this]) audience.detachAll(reason)
  }

  /** Resolves when no stream runs and no viewer reads, or after `deadlineMs`. */
  quiet(deadlineMs: number): Promise<void> {
    return new Promise((resolve) => {
      const deadline = this.#options.clock.alarm(() => resolve())
      deadline.setIn(deadlineMs)
      this.#onQuiet = () => {
        if (this.#byId.size > 0) return
        deadline.clear()
        resolve()
      }
      this.#onQuiet()
    })
  }
}
