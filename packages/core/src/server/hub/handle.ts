import { StreamingError } from '../../errors.ts'
import type { StreamEvent } from '../../events.ts'
import type { Viewer, ViewerOptions } from '../delivery/viewer.ts'
import type { LogReader, StreamRecord } from '../log/log.ts'
import { type ReadOptions, readEvents } from './event-reader.ts'

/** How a hub lets a viewer read: one for all its handles. */
type Attach = (reader: LogReader, options: ViewerOptions) => Viewer

/** A stream that a client may read. */
export class StreamHandle {
  readonly #reader: LogReader
  readonly #viewer: string | undefined
  readonly #attach: Attach

  /** @internal Made by a hub. */
  constructor(reader: LogReader, viewer: string | undefined, attach: Attach) {
    this.#reader = reader
    this.#viewer = viewer
    this.#attach = attach
  }

  get record(): StreamRecord {
    return this.#reader.record
  }

  /** The highest chunk_id that can be read now. */
  get last(): number {
    return this.#reader.last
  }

  /** Whether `last` is the terminal event. */
  get ended(): boolean {
    return this.#reader.ended
  }

  /**
   * Checks a cursor. A viewer that has events which the log does not have must not be told that it is up to date.
   * @throws {StreamingError} `resume_expired` if the log cannot serve this cursor; `invalid_request` if it is not a cursor.
   */
  checkCursor(after: number): void {
    const { first, last } = this.#reader
    if (!Number.isInteger(after) || after < 0) {
      throw new StreamingError('invalid_request', `A cursor is a chunk_id or 0, not ${after}.`)
    }
    if (after > last) {
      throw new StreamingError(
        'resume_expired',
        `The stream has ${last} events, not ${after}: read it from 0.`,
      )
    }
    if (after < first - 1) {
      throw new StreamingError(
        'resume_expired',
        `The log begins at chunk ${first} now: ${after} is too far back.`,
      )
    }
  }

  /**
   * Begins to read.
   * @throws {StreamingError} `resume_expired` if the log cannot serve the cursor; `capacity` or `rate_limit` if the hub
   * or the owner has as many viewers as it may.
   */
  attach(options: ViewerOptions): Viewer {
    this.checkCursor(options.after)
    return this.#attach(this.#reader, { ...options, countedFor: this.#viewer })
  }

  /**
   * Reads the events after a cursor, those that are there and those that come, and ends after the terminal event.
   * The loop decides the pace: one frame of at most 16 KiB waits for it, the rest stays in the log. It counts as a
   * viewer of the hub from its first step until it ends; leaving it early (`break`) disconnects it.
   *
   * @throws {StreamingError} in the loop: `resume_expired` if the log cannot serve the cursor, or drops what was to come
   * next; `capacity` if the hub has no room for another viewer, or memory is short; `flow_control_timeout` if the loop
   * took nothing for too long; `shutting_down` if the hub closes; `connection_lost` if the log cannot be read.
   * @throws `signal.reason` in the loop, if `signal` is aborted.
   *
   * @example
   * const transcript = new Transcript()
   * for await (const event of handle.read()) transcript.apply(event)
   */
  read(options: ReadOptions = {}): AsyncIterable<StreamEvent> {
    return readEvents((viewer) => this.attach(viewer), options)
  }
}
