import { randomBytes } from 'node:crypto'
import {
  encodeEvent,
  type LogReader,
  type LogWriter,
  type StreamLog,
  type StreamRecord,
} from '@sluice/core/server'

export function newRecord(fields: Partial<StreamRecord> = {}): StreamRecord {
  return {
    streamId: randomBytes(16).toString('base64url'),
    stream: 'chat',
    owner: undefined,
    createdAt: Date.now(),
    idempotency: undefined,
    ...fields,
  }
}

export async function createIn(
  log: StreamLog,
  record = newRecord(),
  plan?: Parameters<StreamLog['create']>[1],
): Promise<LogWriter> {
  const creation = await log.create(record, plan)
  if (creation.outcome !== 'created') throw new Error(`The stream is ${creation.outcome}.`)
  return creation.writer
}

/** Appends a text, and resolves when it can be seen. */
export async function say(writer: LogWriter, text: string): Promise<void> {
  writer.append(encodeEvent(writer.next, { type: 'content_chunk', content: text }))
  await seen(writer, writer.next - 1)
}

export async function finish(writer: LogWriter): Promise<void> {
  writer.end(encodeEvent(writer.next, { type: 'stream_cancelled', reason: 'test' }))
  await seen(writer, writer.next - 1)
}

/** Until the event with this chunk_id can be read. */
export function seen(reader: LogReader, chunkId: number): Promise<void> {
  return new Promise((resolve) => {
    if (reader.last >= chunkId) return resolve()
    const unsubscribe = reader.subscribe({
      appended() {
        if (reader.last < chunkId) return
        unsubscribe()
        resolve()
      },
      evicted() {},
    })
  })
}

/** All events that can be read. */
export async function eventsOf(
  reader: LogReader,
): Promise<{ readonly type: string; readonly [field: string]: unknown }[]> {
  const events: { type: string; [field: string]: unknown }[] = []
  for (let after = reader.first - 1; after < reader.last; ) {
    const range = await reader.read(after, reader.last, 1000)
    range.forEach((_, json) => void events.push(JSON.parse(json.toString())))
    after = range.last
  }
  return events
}
