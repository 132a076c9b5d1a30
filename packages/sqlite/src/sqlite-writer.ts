import type { StreamingError } from '@sluice/core'
import {
  type EventRange,
  HeldWriter,
  type LogProducer,
  type MaybePromise,
  type RestartPlan,
  type StreamRecord,
} from '@sluice/core/server'
import type { LogParts } from './log-parts.ts'
import type { OutgoingStream } from './write/packer.ts'

/** A stream that runs here, or whose producer has died. Viewers see an event once the file has it. */
export class SqliteWriter extends HeldWriter implements OutgoingStream {
  readonly no: number
  /** What is done if this producer dies. */
  readonly plan: RestartPlan | undefined
  /** Resolves when the file has its row. */
  created: Promise<unknown> | undefined
  isListed = false
  sentThrough: number
  pagedThrough: number
  readonly #log: LogParts
  #producer: LogProducer | undefined
  #isHeld = true

  /** @param begun - how far the stream is in the file, if another process has begun it */
  constructor(
    log: LogParts,
    no: number,
    record: StreamRecord,
    plan: RestartPlan | undefined,
    begun = { first: 1, last: 0 },
  ) {
    super(log.memory, record, log.memory.share(record.owner))
    this.#log = log
    this.no = no
    this.plan = plan
    this.first = begun.first
    this.last = begun.last
    this.sentThrough = begun.last
    this.pagedThrough = begun.last
    if (begun.last > 0) this.dropTail()
  }

  get appended(): number {
    return this.tail.last
  }

  get firstKept(): number {
    return this.tail.first
  }

  override append(json: string): number {
    return super.append(onOneLine(json))
  }

  override end(json: string): void {
    super.end(onOneLine(json))
  }

  saveCheckpoint(checkpoint: string): void {
    if (this.isOpen) this.#log.outbox.change({ do: 'checkpoint', no: this.no, text: checkpoint })
  }

  events(after: number, through: number, maxBytes: number): EventRange {
    return this.tail.range(after, through, maxBytes)
  }

  written(last: number): void {
    this.show(last)
  }

  override setProducer(producer: LogProducer): void {
    this.#producer = producer
    super.setProducer(producer)
  }

  /** Ends its run. What that appends, its last event too, goes into the file when the file can be written again. */
  failRun(error: StreamingError): void {
    this.#producer?.fail(error)
  }

  /** Frees the memory of its events: from now on they are read from the file. */
  dropEnded(): void {
    if (this.ended) this.dropTail()
  }

  override evict(): void {
    if (this.#isHeld) this.memory.leave(this.share)
    this.#isHeld = false
    this.memory.forget(this)
    this.stopAccounting()
    super.evict()
  }

  protected override readOlder(after: number, through: number, maxBytes: number): MaybePromise<EventRange> {
    return this.#log.pages.read(this.no, after, through, maxBytes)
  }

  protected override taken(): void {
    this.#log.outbox.add(this)
  }

  protected override trimmed(): void {
    this.#log.outbox.change({ do: 'trim', no: this.no, first: this.first })
  }

  protected override closed(): void {
    this.#producer = undefined
    this.#log.held.closed(this)
  }

  protected override unsubscribed(): void {
    if (!this.isRead) this.#log.held.unread(this)
  }
}

/** An event is a line of a page. Between the tokens of JSON a newline is as good as a space. */
function onOneLine(json: string): string {
  return json.includes('\n') ? json.replaceAll('\n', ' ') : json
}
