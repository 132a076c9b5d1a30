import { StreamingError } from '../../errors.ts'
import type { Viewer, ViewerOptions } from '../delivery/viewer.ts'
import type { LogReader, StreamRecord } from '../log/log.ts'

/** How a hub lets a viewer read: one for all its handles. */
type Attach = (reader: LogReader, options: ViewerOptions) => Viewer

/** A stream that somebody may read. */
export class StreamHandle {
  readonly #reader: LogReader
  readonly #attach: Attach

  /** @internal Made by a hub. */
  constructor(reader: LogReader, attach: Attach) {
    this.#reader = reader
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
   * A viewer that has events which the log has not must not be told that it is up to date.
   * @throws {StreamingError} `resume_expired` where the log cannot serve this cursor; `invalid_request` where it is none.
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
   * @throws {StreamingError} `resume_expired` where the log cannot serve the cursor; `capacity` where the hub has
   * no room for another viewer.
   */
  attach(options: ViewerOptions): Viewer {
    this.checkCursor(options.after)
    return this.#attach(this.#reader, options)
  }
}
