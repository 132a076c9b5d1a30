import { Buffer } from 'node:buffer'
import type { EventRange } from '@sluice/core/server'
import type { CommandArgument } from './clients.ts'
import type { StreamKeys } from './keys.ts'
import type { Store } from './store.ts'
import { type WriterReply, writerReply } from './writer-reply.ts'
import { APPEND } from './writing-scripts.ts'

/** What of one stream is appended in one step. */
export interface Batch {
  readonly token: string
  readonly keys: StreamKeys
  readonly events: EventRange
  /** Whether the last of them is the terminal event. */
  readonly isEnd: boolean
  /** Whether the times to live are set anew. Once in a while is enough, and they are half of what an append costs. */
  readonly refreshes: boolean
}

/** A stream that may have something to append. */
export interface Appending {
  /** The turn of the event loop ends: now is the time to {@link Appends.add} it. */
  turnEnds(): void
}

interface Waiting {
  readonly batch: Batch
  resolve(reply: WriterReply): void
  reject(error: unknown): void
}

/** A command that is too long keeps everybody else from Redis. */
const MAX_STREAMS = 128
const MAX_BYTES = 256 * 1024

/**
 * What all streams of this process append in one turn of the event loop leaves as one command: most of what an append
 * costs, here and in Redis, is the command. In a Cluster, where a script may touch one slot, each stream has its own.
 */
export class Appends {
  readonly #store: Store
  #due = new Set<Appending>()
  #group: Waiting[] = []
  #isScheduled = false
  #gathering: NodeJS.Timeout | undefined
  readonly #turnEnds = (): void => {
    this.#isScheduled = false
    clearTimeout(this.#gathering)
    this.#gathering = undefined
    const due = this.#due
    this.#due = new Set()
    for (const item of due) item.turnEnds()
    this.#flush()
  }

  constructor(store: Store) {
    this.#store = store
  }

  /** Asks `item` at the end of this turn. */
  now(item: Appending): void {
    this.#due.add(item)
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(this.#turnEnds)
  }

  /** As {@link Appends.now}, or a little later, where the log is to gather more before it sends anything. */
  soon(item: Appending): void {
    const { gatherMs } = this.#store.bounds
    if (gatherMs === 0) {
      this.now(item)
      return
    }
    this.#due.add(item)
    if (!this.#isScheduled) this.#gathering ??= setTimeout(this.#turnEnds, gatherMs)
  }

  close(): void {
    clearTimeout(this.#gathering)
  }

  /** Appends a batch, with those of others. Where this rejects, nobody knows whether Redis has it. */
  add(batch: Batch): Promise<WriterReply> {
    return new Promise((resolve, reject) => this.#group.push({ batch, resolve, reject }))
  }

  #flush(): void {
    const most = this.#store.connection.isSharded ? 1 : MAX_STREAMS
    let group: Waiting[] = []
    let bytes = 0
    for (const waiting of this.#group) {
      if (group.length === most || (bytes > 0 && bytes + waiting.batch.events.byteLength > MAX_BYTES)) {
        void this.#send(group)
        group = []
        bytes = 0
      }
      group.push(waiting)
      bytes += waiting.batch.events.byteLength
    }
    this.#group = []
    if (group.length > 0) void this.#send(group)
  }

  async #send(group: readonly Waiting[]): Promise<void> {
    const { connection, bounds, meter } = this.#store
    const sentAt = performance.now()
    const keys: string[] = []
    const { leaseMs, endedTtlMs, ttlMs } = bounds
    const args: CommandArgument[] = [
      `${leaseMs}`,
      `${endedTtlMs}`,
      connection.publishCommand,
      `${Date.now()}`,
    ]
    for (const { batch } of group) {
      const { token, events, isEnd, refreshes } = batch
      keys.push(batch.keys.meta, batch.keys.log, batch.keys.viewers)
      args.push(token, `${events.first}`, isEnd ? '1' : '0', refreshes ? `${ttlMs}` : '', textOf(events))
      meter.appendedEvents += events.last - events.first + 1
    }
    meter.appends += group.length
    meter.appendCommands += 1
    try {
      const replies = (await connection.run(APPEND, keys, args)) as unknown[]
      meter.appendMs.record(performance.now() - sentAt)
      for (const [index, { resolve }] of group.entries()) resolve(writerReply(replies[index]))
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }
}

/** Below this, a string of its own costs less than a write of its own. */
const SHORT_BYTES = 4096

/** Its events, a line each. Long text stays the bytes that it is: made a string, it would be encoded once more. */
function textOf(events: EventRange): string | Buffer {
  if (events.byteLength > SHORT_BYTES) return bytesOf(events)
  let text = ''
  events.forEach((_chunkId, bytes, start, end) => {
    const line = bytes.toString('utf8', start, end)
    text = text === '' ? line : `${text}\n${line}`
  })
  return text
}

function bytesOf(events: EventRange): Buffer {
  const count = events.last - events.first + 1
  const text = Buffer.allocUnsafe(events.byteLength + count - 1)
  let at = 0
  events.forEach((_chunkId, bytes, start, end) => {
    if (at > 0) text[at++] = NEWLINE
    at += bytes.copy(text, at, start, end)
  })
  return text
}

const NEWLINE = 0x0a
