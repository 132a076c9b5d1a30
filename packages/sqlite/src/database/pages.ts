import { StreamingError } from '@sluice/core'
import { type EventRange, Segments } from '@sluice/core/server'
import type { Rows } from './rows.ts'

/** Reads the events of streams from their pages. */
export class Pages {
  readonly #rows: Rows

  constructor(rows: Rows) {
    this.#rows = rows
  }

  /**
   * The events after `after` and up to `through`, as far as one page has them: at least one, else as many as fit into
   * `maxBytes`.
   * @throws {StreamingError} `resume_expired` if the file does not have the first of them any more
   */
  read(no: number, after: number, through: number, maxBytes: number): EventRange {
    const page = this.#rows.page(no, after + 1)
    if (page === undefined) {
      throw new StreamingError('resume_expired', `The log does not have chunk ${after + 1} any more.`)
    }
    const events = new Segments(undefined, after)
    let chunkId = page.first
    for (const json of page.events) {
      if (chunkId > after) events.append(json)
      chunkId += 1
    }
    return events.range(after, through, maxBytes)
  }
}
