import { randomBytes } from 'node:crypto'
import type { StreamingError } from '../src/errors.ts'
import { Audience, type AudienceObserver } from '../src/server/delivery/audience.ts'
import type { LogProducer, LogReader, LogWriter, StreamRecord } from '../src/server/log/log.ts'
import { type MemoryLog, type MemoryLogOptions, memoryLog } from '../src/server/log/memory-log.ts'
import type { EventRange } from '../src/server/log/segments.ts'
import { encodeEvent, encodeText } from '../src/server/run/encode.ts'
import { type ManualClock, manualClock } from '../src/testing/index.ts'

/** 128 random bits: fit for a stream's id and for an idempotency key. */
export function randomKey(): string {
  return randomBytes(16).toString('base64url')
}

export function newRecord(fields: Partial<StreamRecord> = {}): StreamRecord {
  return {
    streamId: randomKey(),
    stream: 'chat',
    owner: undefined,
    createdAt: 1,
    idempotency: undefined,
    ...fields,
  }
}

/** Creates a stream in a log that answers at once. */
export function newWriter(log: MemoryLog, fields: Partial<StreamRecord> = {}): LogWriter {
  const creation = log.create(newRecord(fields))
  if (creation.outcome !== 'created') throw new Error(`The stream is ${creation.outcome}.`)
  return creation.writer
}

/** The event with this chunk_id and text, as JSON. */
export function textEvent(chunkId: number, text: string): string {
  return encodeText('content_chunk', chunkId, text)
}

export function endEvent(chunkId: number): string {
  return encodeEvent(chunkId, { type: 'stream_cancelled', reason: 'test' })
}

/** A producer that hears of everything and does nothing. */
export const silentProducer: LogProducer = { cancel() {}, progressed() {}, fail() {} }

/** The reports of an audience to its observer. */
export class Observed implements AudienceObserver {
  timesProgressed = 0
  timesEmptied = 0
  readonly failures: StreamingError[] = []

  progressed(): void {
    this.timesProgressed += 1
  }

  emptied(): void {
    this.timesEmptied += 1
  }

  viewerLeft(): void {}
  viewerFailed(_audience: Audience, error: StreamingError): void {
    this.failures.push(error)
  }
}

/** A stream without a run: a test appends to it. */
export class BareStream {
  readonly clock: ManualClock = manualClock()
  readonly log: MemoryLog
  readonly writer: LogWriter
  readonly observed = new Observed()
  readonly audience: Audience

  /** `asSeen` makes what the audience reads of the log's own reader. */
  constructor(options: MemoryLogOptions = {}, asSeen: (reader: LogReader) => LogReader = (reader) => reader) {
    this.log = memoryLog({ ...options, clock: this.clock })
    this.writer = newWriter(this.log)
    this.audience = new Audience(asSeen(this.writer), this.clock, this.observed)
  }

  append(...texts: readonly string[]): void {
    for (const text of texts) this.writer.append(textEvent(this.writer.last + 1, text))
  }

  /** Appends text of `size` bytes until the log is at its bound. */
  fill(size = 100): void {
    while (!this.writer.full) this.append('x'.repeat(size))
  }

  end(): void {
    this.writer.end(endEvent(this.writer.last + 1))
  }
}

/** A log's reader whose reads wait until the test answers them. */
export class SlowReader implements LogReader {
  readonly #reader: LogReader
  readonly #asked: { answer(): void; fail(error: unknown): void }[] = []

  constructor(reader: LogReader) {
    this.#reader = reader
  }

  get record(): StreamRecord {
    return this.#reader.record
  }

  get first(): number {
    return this.#reader.first
  }

  get last(): number {
    return this.#reader.last
  }

  get ended(): boolean {
    return this.#reader.ended
  }

  /** How many reads wait for an answer. */
  get asked(): number {
    return this.#asked.length
  }

  /** Answers the read that has waited longest. */
  answer(): void {
    this.#asked.shift()!.answer()
  }

  fail(error: unknown): void {
    this.#asked.shift()!.fail(error)
  }

  read(after: number, through: number, maxBytes: number): Promise<EventRange> {
    return new Promise((resolve, reject) => {
      this.#asked.push({
        answer: async () => resolve(await this.#reader.read(after, through, maxBytes)),
        fail: reject,
      })
    })
  }

  subscribe(subscriber: Parameters<LogReader['subscribe']>[0]): () => void {
    return this.#reader.subscribe(subscriber)
  }
}
