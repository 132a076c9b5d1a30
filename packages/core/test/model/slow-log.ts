import type { StreamingError } from '../../src/errors.ts'
import type {
  Creation,
  IdempotencyScope,
  LogReader,
  LogSubscriber,
  LogWriter,
  StreamLog,
  StreamRecord,
} from '../../src/server/log/log.ts'
import type { MemoryLog } from '../../src/server/log/memory-log.ts'
import { type EventRange, Segments } from '../../src/server/log/segments.ts'

async function later<T>(value: T): Promise<T> {
  await new Promise((resolve) => setImmediate(resolve))
  return value
}

/** A memory log that answers in a later turn of the event loop, as a shared log does. */
export class SlowLog implements StreamLog {
  readonly shared = false
  readonly #log: MemoryLog

  constructor(log: MemoryLog) {
    this.#log = log
  }

  get full(): boolean {
    return this.#log.full
  }

  get byteLength(): number {
    return this.#log.byteLength
  }

  create(record: StreamRecord): Promise<Creation> {
    const creation = this.#log.create(record)
    if (creation.outcome === 'created') {
      return later({ outcome: 'created', writer: new SlowStream(creation.writer) })
    }
    return later(creation)
  }

  open(streamId: string): Promise<LogReader | undefined> {
    return later(this.#log.open(streamId))
  }

  openByKey(scope: IdempotencyScope): Promise<LogReader | undefined> {
    return later(this.#log.openByKey(scope))
  }

  refuseKey(scope: IdempotencyScope): Promise<LogReader | undefined> {
    return later(this.#log.refuseKey(scope))
  }

  requestCancel(streamId: string, reason: string): Promise<void> {
    return later(this.#log.requestCancel(streamId, reason))
  }

  list(owner: string): Promise<readonly LogReader[]> {
    return later(this.#log.list(owner))
  }

  forget(streamId: string): Promise<void> {
    return later(this.#log.forget(streamId))
  }

  evictEnded(unreadForMs: number): void {
    this.#log.evictEnded(unreadForMs)
  }

  close(): Promise<void> {
    return later(this.#log.close())
  }
}

/** Takes an event at once, and shows it a turn later. */
class SlowStream implements LogWriter {
  readonly #stream: LogWriter
  readonly #subscribers = new Set<LogSubscriber>()
  #shown = 0
  #isShowing = false

  constructor(stream: LogWriter) {
    this.#stream = stream
  }

  get record(): StreamRecord {
    return this.#stream.record
  }

  get first(): number {
    return this.#stream.first
  }

  get last(): number {
    return this.#shown
  }

  get next(): number {
    return this.#stream.next
  }

  get ended(): boolean {
    return this.#stream.ended && this.#shown === this.#stream.last
  }

  get full(): boolean {
    return this.#stream.full
  }

  set onCancel(onCancel: (reason: string) => void) {
    this.#stream.onCancel = onCancel
  }

  set onRoom(onRoom: () => void) {
    this.#stream.onRoom = onRoom
  }

  set onLost(onLost: (error: StreamingError) => void) {
    this.#stream.onLost = onLost
  }

  read(after: number, through: number, maxBytes: number): Promise<EventRange> {
    return later(copyOf(this.#stream.read(after, Math.min(through, this.#shown), maxBytes) as EventRange))
  }

  subscribe(subscriber: LogSubscriber): () => void {
    const stop = this.#stream.subscribe({ appended() {}, evicted: () => subscriber.evicted() })
    this.#subscribers.add(subscriber)
    return () => {
      stop()
      this.#subscribers.delete(subscriber)
    }
  }

  #show(): void {
    if (this.#isShowing) return
    this.#isShowing = true
    setImmediate(() => {
      this.#isShowing = false
      this.#shown = this.#stream.last
      for (const subscriber of this.#subscribers) subscriber.appended()
    })
  }

  append(json: string): number {
    this.#show()
    return this.#stream.append(json)
  }

  end(json: string): void {
    this.#show()
    this.#stream.end(json)
  }

  trim(chunkId: number): void {
    this.#stream.trim(chunkId)
  }

  canTrim(chunkId: number): boolean {
    return this.#stream.canTrim(chunkId)
  }
}

/** What was read stays as it was, though the log is trimmed before the answer arrives. */
function copyOf(range: EventRange): EventRange {
  const after = range.first - 1
  const events = new Segments(undefined, after)
  range.forEach((_chunkId, bytes, start, end) => {
    events.append(bytes.toString('utf8', start, end))
  })
  return events.range(after, range.last, Number.POSITIVE_INFINITY)
}
