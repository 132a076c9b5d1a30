import type {
  Creation,
  IdempotencyScope,
  LogReader,
  StreamLog,
  StreamRecord,
  ThreadScope,
} from '../../src/server/log/log.ts'
import type { MemoryLog } from '../../src/server/log/memory-log.ts'
import { MemoryStream } from '../../src/server/log/memory-stream.ts'
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
    log.streamClass = SlowStream
  }

  get full(): boolean {
    return this.#log.full
  }

  get byteLength(): number {
    return this.#log.byteLength
  }

  create(record: StreamRecord): Promise<Creation> {
    return later(this.#log.create(record))
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

  listThread(scope: ThreadScope): Promise<readonly LogReader[]> {
    return later(this.#log.listThread(scope))
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
class SlowStream extends MemoryStream {
  #isShowing = false

  override read(after: number, through: number, maxBytes: number): Promise<EventRange> {
    return later(copyOf(super.read(after, through, maxBytes) as EventRange))
  }

  protected override taken(): void {
    if (this.#isShowing) return
    this.#isShowing = true
    setImmediate(() => {
      this.#isShowing = false
      this.show(this.tail.last)
    })
  }
}

/** The events that were read stay unchanged, though the log is trimmed before the answer arrives. */
function copyOf(range: EventRange): EventRange {
  const after = range.first - 1
  const events = new Segments(undefined, after)
  range.forEach((_chunkId, json) => {
    events.append(json.toString())
  })
  return events.range(after, range.last, Number.POSITIVE_INFINITY)
}
