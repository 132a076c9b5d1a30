import { type EventRange, HeldStream, type LogSubscriber, type MaybePromise } from '@sluice/core/server'
import type { StreamRow } from './database/rows.ts'
import type { LogParts } from './log-parts.ts'

/** A stream that has ended: it is read from the file, page by page. */
export class SqliteReader extends HeldStream {
  readonly no: number
  readonly #log: LogParts

  constructor(log: LogParts, { no, record, first, last }: StreamRow) {
    super(log.memory, record)
    this.#log = log
    this.no = no
    this.first = first
    this.last = last
    this.ended = true
    this.dropTail()
  }

  override subscribe(subscriber: LogSubscriber): () => void {
    const unsubscribe = super.subscribe(subscriber)
    this.#log.held.watched(this)
    return unsubscribe
  }

  protected override unsubscribed(): void {
    if (!this.isRead) this.#log.held.unwatched(this)
  }

  protected override readOlder(after: number, through: number, maxBytes: number): MaybePromise<EventRange> {
    return this.#log.pages.read(this.no, after, through, maxBytes)
  }
}
