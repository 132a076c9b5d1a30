import type { EventRange } from '@sluice/core/server'
import type { StreamKeys } from './keys.ts'
import type { Store } from './store.ts'
import { type WriterReply, writerReply } from './writer-reply.ts'
import { APPEND } from './writing-scripts.ts'

/** What is appended in one step. */
export interface Batch {
  readonly token: string
  readonly keys: StreamKeys
  readonly events: EventRange
  /** Whether the last of them is the terminal event. */
  readonly isEnd: boolean
  /** Whether the times to live are set anew. Once in a while is enough, and they are half of what an append costs. */
  readonly refreshes: boolean
}

/** Appends a batch. Where this rejects, nobody knows whether Redis has it. */
export async function sendBatch({ connection, bounds, meter }: Store, batch: Batch): Promise<WriterReply> {
  const { token, keys, events, isEnd, refreshes } = batch
  const lines: string[] = []
  events.forEach((_chunkId, bytes, start, end) => {
    lines.push(bytes.toString('utf8', start, end))
  })
  const sentAt = performance.now()
  meter.appends += 1
  meter.appendedEvents += lines.length
  const args = [
    token,
    `${events.first}`,
    lines.join('\n'),
    isEnd ? '1' : '0',
    `${bounds.leaseMs}`,
    refreshes ? `${bounds.ttlMs}` : '',
    `${bounds.endedTtlMs}`,
    keys.channel,
    connection.publishCommand,
    `${Date.now()}`,
  ]
  const reply = await connection.run(APPEND, [keys.meta, keys.log, keys.viewers], args)
  meter.appendMs.record(performance.now() - sentAt)
  return writerReply(reply)
}
