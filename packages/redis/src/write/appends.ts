import { Buffer } from 'node:buffer'
import type { EventRange } from '@sluice/core/server'
import type { CommandArgument } from '../connection/clients.ts'
import type { Connection } from '../connection/connection.ts'
import type { StreamKeys } from '../find/keys.ts'
import type { RedisMeter } from '../metrics.ts'
import type { Bounds } from '../options.ts'
import { APPEND } from '../scripts/writing.ts'
import { type WriterReply, writerReply } from './writer-reply.ts'

/** What of one stream is appended in one step. */
export interface Batch {
  readonly token: string
  readonly keys: StreamKeys
  readonly events: EventRange
  /** Whether the last of them is the terminal event. */
  readonly isEnd: boolean
  /** Whether the times to live are set anew. Once in a while is enough, and they are half of what an append costs. */
  readonly refreshes: boolean
  /** Redis has answered; `undefined`: what became of the events nobody knows. */
  answered(reply: WriterReply | undefined): void
}

/** What {@link Appends} share with their log. */
export interface AppendsContext {
  readonly connection: Connection
  readonly bounds: Bounds
  readonly meter: RedisMeter
}

/** A stream that may have something to append. */
export interface Appending {
  /** The turn of the event loop ends: now is the time to {@link Appends.add} it. */
  turnEnds(): void
}

/** A command that is too long keeps everybody else from Redis. */
const MAX_STREAMS = 128
const MAX_BYTES = 256 * 1024

/**
 * What all streams of this process append in one turn of the event loop leaves as one command: most of what an append
 * costs, here and in Redis, is the command. In a Cluster a script may touch only one slot, so each stream has its own.
 */
export class Appends {
  readonly #context: AppendsContext
  #due = new Set<Appending>()
  #batches: Batch[] = []
  #isScheduled = false
  #lingering: NodeJS.Timeout | undefined
  readonly #turnEnds = (): void => {
    this.#isScheduled = false
    clearTimeout(this.#lingering)
    this.#lingering = undefined
    const due = this.#due
    this.#due = new Set()
    for (const item of due) item.turnEnds()
    this.#flush()
  }

  constructor(context: AppendsContext) {
    this.#context = context
  }

  /** Asks `item` at the end of this turn. */
  now(item: Appending): void {
    this.#due.add(item)
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(this.#turnEnds)
  }

  /** As {@link Appends.now}, or a little later, if the log is to gather more before it sends anything. */
  soon(item: Appending): void {
    const { lingerMs } = this.#context.bounds
    if (lingerMs === 0) {
      this.now(item)
      return
    }
    this.#due.add(item)
    if (!this.#isScheduled) this.#lingering ??= setTimeout(this.#turnEnds, lingerMs)
  }

  close(): void {
    clearTimeout(this.#lingering)
  }

  /** Appends a batch, with those of others. */
  add(batch: Batch): void {
    this.#batches.push(batch)
  }

  #flush(): void {
    const most = this.#context.connection.isSharded ? 1 : MAX_STREAMS
    let group: Batch[] = []
    let bytes = 0
    for (const batch of this.#batches) {
      const { byteLength } = batch.events
      if (group.length === most || (bytes > 0 && bytes + byteLength > MAX_BYTES)) {
        void this.#send(group)
        group = []
        bytes = 0
      }
      group.push(batch)
      bytes += byteLength
    }
    this.#batches = []
    if (group.length > 0) void this.#send(group)
  }

  async #send(group: readonly Batch[]): Promise<void> {
    const { meter } = this.#context
    const sentAt = performance.now()
    let replies: readonly unknown[] | undefined
    try {
      replies = (await this.#append(group)) as unknown[]
      meter.appendMs.record(performance.now() - sentAt)
    } catch {
      // Whether Redis has them nobody knows now: each stream asks.
    }
    for (const [index, batch] of group.entries()) {
      try {
        batch.answered(replies === undefined ? undefined : writerReply(replies[index]))
      } catch (error) {
        // A defect in one stream must not keep the others from their answers.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }

  #append(group: readonly Batch[]): Promise<unknown> {
    const { connection, bounds, meter } = this.#context
    const keys: string[] = []
    const viewers: string[] = []
    const args: CommandArgument[] = [
      `${bounds.leaseMs}`,
      `${bounds.endedTtlMs}`,
      connection.publishCommand,
      `${Date.now()}`,
      `${bounds.ttlMs}`,
    ]
    for (const { token, keys: of, events, isEnd, refreshes } of group) {
      keys.push(of.meta, of.log)
      if (refreshes && !isEnd) viewers.push(of.viewers)
      args.push(token, `${events.first}`, isEnd ? 'end' : refreshes ? 'refresh' : '', textOf(events))
      meter.appendedEvents += events.last - events.first + 1
    }
    meter.appends += group.length
    meter.appendCommands += 1
    return connection.run(APPEND, [...keys, ...viewers], args)
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
  events.copy(text, 0)
  // A comma there, a line break here.
  let end = -1
  events.forEach((_chunkId, _bytes, from, to) => {
    if (end >= 0) text[end] = NEWLINE
    end += to - from + 1
  })
  return text
}

const NEWLINE = 0x0a
