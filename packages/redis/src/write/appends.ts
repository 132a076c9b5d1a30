import { Buffer } from 'node:buffer'
import type { EventRange } from '@sluice/core/server'
import type { CommandArgument } from '../connection/clients.ts'
import type { Connection } from '../connection/connection.ts'
import type { StreamKeys } from '../find/keys.ts'
import type { RedisMeter } from '../metrics.ts'
import type { Bounds } from '../options.ts'
import { APPEND } from '../scripts/writing.ts'
import { type WriterReply, writerReply } from './writer-reply.ts'

/** The events of one stream that one command appends. */
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

/** The objects that {@link Appends} share with their log. */
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
 * Sends the appends of all streams of this process in one turn of the event loop as one command: most of the cost of an
 * append, here and in Redis, is the command. In a Cluster a script may touch only one slot, so each stream has its own.
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

/** Below this size, a separate string costs less than a separate write. */
const SHORT_BYTES = 4096

/** The events of a batch, one per line. Long text stays bytes: a string of it would be encoded once more. */
function textOf(events: EventRange): string | Buffer {
  const { first, last, byteLength } = events
  const text = Buffer.allocUnsafe(byteLength + last - first)
  events.copyEach(text, 0, (chunkId, at) => {
    if (chunkId === first) return at
    text[at] = NEWLINE
    return at + 1
  })
  return byteLength > SHORT_BYTES ? text : text.toString()
}

const NEWLINE = 0x0a
