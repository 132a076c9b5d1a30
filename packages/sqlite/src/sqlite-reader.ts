import {
  type EventRange,
  type HeldMemory,
  HeldStream,
  type LogSubscriber,
  type MaybePromise,
} from '@sluice/core/server'
import type { Pages } from './database/pages.ts'
import type { StreamRow } from './database/rows.ts'

/** The log of a {@link SqliteReader}. */
export interface ReaderObserver {
  readonly pages: Pages
  readonly memory: HeldMemory
  watched(reader: SqliteReader): void
  unwatched(reader: SqliteReader): void
}

/** A stream that has ended: it is read from the file, page by page. */
export class SqliteReader extends HeldStream {
  readonly no: number
  readonly #log: ReaderObserver

  constructor(log: ReaderObserver, { no, record, first, last }: StreamRow) {
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
    this.#log.watched(this)
    return unsubscribe
  }

  protected override unsubscribed(): void {
    if (!this.isRead) this.#log.unwatched(this)
  }

  protected override readOlder(after: number, through: number, maxBytes: number): MaybePromise<EventRange> {
    return this.#log.pages.read(this.no, after, through, maxBytes)
  }
}
