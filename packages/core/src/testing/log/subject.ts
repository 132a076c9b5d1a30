import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type {
  IdempotencyScope,
  LogProducer,
  LogReader,
  LogWriter,
  MaybePromise,
  StreamLog,
  StreamRecord,
} from '../../server/log/log.ts'
import type { EventRange } from '../../server/log/segments.ts'
import { encodeEvent, encodeText } from '../../server/run/encode.ts'
import type { LogBounds, LogUnderTest } from './log-under-test.ts'

export const BOUNDS: LogBounds = {
  maxStreamBytes: 64 * 1024,
  resumeMarginBytes: 8 * 1024,
  keepEndedMs: 1000,
  keepRefusedMs: 1000,
}
export const NO_BOUND = Number.POSITIVE_INFINITY

/** A case of the suite. */
export type Must = (what: string, prove: (subject: Subject) => Promise<void>) => void

/** The log under test and its helpers, as each case gets them. Its functions can be destructured. */
export class Subject {
  readonly log: StreamLog
  readonly elsewhere: StreamLog
  readonly pass: (ms: number) => MaybePromise<void>
  readonly #underTest: LogUnderTest

  constructor(underTest: LogUnderTest) {
    this.#underTest = underTest
    this.log = underTest.log
    this.elsewhere = underTest.elsewhere ?? underTest.log
    this.pass = (ms) => underTest.pass(ms)
  }

  readonly create = async (record: StreamRecord = newRecord()): Promise<LogWriter> => {
    const creation = await this.log.create(record)
    assert.ok(creation.outcome === 'created', `the stream is ${creation.outcome}`)
    return creation.writer
  }

  /** The stream as others see it, with all that its writer has shown by now. */
  readonly open = async (writer: LogWriter): Promise<LogReader> => {
    const reader = await this.elsewhere.open(writer.record.streamId)
    assert.ok(reader !== undefined, 'the stream is there')
    await reaches(reader, writer.last)
    return reader
  }

  async close(): Promise<void> {
    await this.log.close()
    if (this.elsewhere !== this.log) await this.elsewhere.close()
    await this.#underTest.close?.()
  }
}

/** A producer that hears of everything and does nothing. */
export const silent: LogProducer = { cancel() {}, progressed() {}, fail() {} }

export const deaf = { appended() {}, evicted() {} }

/** Until the event with this chunk_id can be read. */
export function reaches(reader: LogReader, chunkId: number): Promise<void> {
  return new Promise((resolve) => {
    if (reader.last >= chunkId) {
      resolve()
      return
    }
    const unsubscribe = reader.subscribe({
      ...deaf,
      appended() {
        if (reader.last < chunkId) return
        unsubscribe()
        resolve()
      },
    })
  })
}

/** Appends an event for each text to a log that has only such events. Returns the events. */
export async function appendTexts(writer: LogWriter, pieces: readonly string[]): Promise<string[]> {
  const base = writer.next - 1
  const appended = pieces.map((text, index) => encodeText('content_chunk', base + index + 1, text))
  for (const json of appended) writer.append(json)
  await reaches(writer, base + appended.length)
  return appended
}

/** Appends until the log says that it is full. */
export async function fill(writer: LogWriter): Promise<string[]> {
  const appended: string[] = []
  const most = (BOUNDS.maxStreamBytes / 100) * 2
  while (!writer.full) {
    assert.ok(appended.length < most, `it is not full after ${appended.length} events of 100 bytes`)
    appended.push(encodeText('content_chunk', appended.length + 1, 'x'.repeat(100)))
    writer.append(appended.at(-1)!)
    await reaches(writer, appended.length)
  }
  return appended
}

export function texts(range: EventRange): string[] {
  const found: string[] = []
  range.forEach((_chunkId, json) => {
    found.push(json.toString())
  })
  return found
}

/** Texts of one length. */
export function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${index}`.padStart(4, '0'))
}

export function terminal(chunkId: number): string {
  return encodeEvent(chunkId, { type: 'stream_cancelled', reason: 'test' })
}

export function randomKey(): string {
  return randomBytes(16).toString('base64url')
}

export function newRecord(fields: Partial<StreamRecord> = {}): StreamRecord {
  return {
    streamId: randomKey(),
    stream: 'chat',
    owner: undefined,
    createdAt: Date.now(),
    idempotency: undefined,
    ...fields,
  }
}

export function scopeOf({ owner, stream, idempotency }: StreamRecord): IdempotencyScope {
  return { owner, stream, key: idempotency!.key }
}
