import { type Alarm, type Clock, processClock } from '../clock.ts'
import { type Flushable, flushSoon } from '../delivery/flush.ts'
import type { Creation, IdempotencyScope, LogReader, StreamLog, StreamRecord } from './log.ts'
import { type HoldingLog, MemoryStream } from './memory-stream.ts'

/** How much a {@link memoryLog} keeps, and for how long. */
export interface MemoryLogOptions {
  /** Bytes of one stream at which its producer waits for its viewers. @default 4 MiB */
  readonly maxStreamBytes?: number
  /** Bytes of all streams: at this bound ended ones are evicted, oldest first. @default 256 MiB */
  readonly maxBytes?: number
  /** Bytes that viewers have passed and that are kept for those who come back. @default 1 MiB, at most a quarter of `maxStreamBytes` */
  readonly resumeMarginBytes?: number
  /** How long an ended stream can still be read, in milliseconds. @default 300_000 */
  readonly keepEndedMs?: number
  /** How long a cancelled idempotency key is refused, in milliseconds. @default 300_000 */
  readonly keepRefusedMs?: number
  /** The timer that ages things. @default the process's */
  readonly clock?: Clock
}

const MiB = 1024 * 1024
const SMALLEST_STREAM_BYTES = 4096
/** Anyone may cancel keys that never come; what remembers them is bounded too. */
const MAX_REFUSED_KEYS = 10_000

/**
 * The log in this process's memory: for one instance, for development, for tests. It is lost with the process.
 * @throws {RangeError} where a bound is not a number that can be held to.
 */
export function memoryLog(options: MemoryLogOptions = {}): MemoryLog {
  return new MemoryLog(options)
}

/** See {@link memoryLog}. */
export class MemoryLog implements StreamLog, HoldingLog {
  readonly shared = false
  readonly maxStreamBytes: number
  readonly resumeMarginBytes: number
  readonly #maxBytes: number
  readonly #keptMs: number
  readonly #keepRefusedMs: number
  readonly #clock: Clock
  readonly #aging: Alarm
  readonly #streams = new Map<string, MemoryStream>()
  readonly #keys = new Map<string, MemoryStream>()
  /** Insertion order is the order in which they ended, so the oldest comes first. */
  readonly #ended = new Map<MemoryStream, number>()
  readonly #refusedKeys = new Map<string, number>()
  /** Who was told that there is no room, and has to hear when there is some: others made it, so nothing of theirs moves. */
  readonly #waiting = new Set<MemoryStream>()
  readonly #room: Flushable = { scheduled: false, flush: () => this.#tellWaiting() }
  #bytes = 0

  constructor(options: MemoryLogOptions) {
    this.maxStreamBytes = positive('maxStreamBytes', options.maxStreamBytes ?? 4 * MiB, SMALLEST_STREAM_BYTES)
    this.#maxBytes = positive('maxBytes', options.maxBytes ?? 256 * MiB, this.maxStreamBytes)
    this.resumeMarginBytes = Math.min(
      positive('resumeMarginBytes', options.resumeMarginBytes ?? MiB, 0),
      this.maxStreamBytes / 4,
    )
    // At least a tick: who is kept on goes to the end of the row.
    this.#keptMs = Math.max(1, positive('keepEndedMs', options.keepEndedMs ?? 300_000, 0))
    this.#keepRefusedMs = positive('keepRefusedMs', options.keepRefusedMs ?? 300_000, 0)
    this.#clock = options.clock ?? processClock
    this.#aging = this.#clock.alarm(() => this.#age())
  }

  /** Bytes held by all streams. */
  get byteLength(): number {
    return this.#bytes
  }

  /** How many streams are held, and how many of them have ended. */
  get size(): { readonly streams: number; readonly ended: number } {
    return { streams: this.#streams.size, ended: this.#ended.size }
  }

  /** Whether all streams together are at their bound, after everything that may go has gone. */
  get full(): boolean {
    if (this.#bytes < this.#maxBytes) return false
    this.#evictEnded((stream) => !stream.isRead)
    // The bound holds even so. Who still reads an answer that has ended is given up for those that run.
    this.#evictEnded(() => true)
    return this.#bytes >= this.#maxBytes
  }

  create(record: StreamRecord): Creation {
    const key = record.idempotency && scopedKey({ ...record, key: record.idempotency.key })
    if (key !== undefined) {
      const existing = this.#keys.get(key)
      if (existing !== undefined) return { outcome: 'exists', reader: existing }
      if (this.#refusedKeys.has(key)) return { outcome: 'cancelled' }
    }
    const stream = new MemoryStream(this, record)
    this.#streams.set(record.streamId, stream)
    if (key !== undefined) this.#keys.set(key, stream)
    return { outcome: 'created', writer: stream }
  }

  open(streamId: string): LogReader | undefined {
    return this.#streams.get(streamId)
  }

  openByKey(scope: IdempotencyScope): LogReader | undefined {
    return this.#keys.get(scopedKey(scope))
  }

  refuseKey(scope: IdempotencyScope): LogReader | undefined {
    const key = scopedKey(scope)
    const existing = this.#keys.get(key)
    if (existing !== undefined) return existing
    this.#refusedKeys.delete(key)
    if (this.#refusedKeys.size >= MAX_REFUSED_KEYS)
      this.#refusedKeys.delete(this.#refusedKeys.keys().next().value!)
    this.#refusedKeys.set(key, this.#clock.now() + this.#keepRefusedMs)
    this.#setAging()
    return undefined
  }

  requestCancel(streamId: string, reason: string): void {
    this.#streams.get(streamId)?.onCancel(reason)
  }

  list(owner: string): readonly LogReader[] {
    return [...this.#streams.values()].filter(({ record }) => record.owner === owner)
  }

  forget(streamId: string): void {
    const stream = this.#streams.get(streamId)
    if (!stream?.ended) return
    this.#evict(stream)
    this.#setAging()
  }

  evictEnded(unreadForMs: number): void {
    const keptUntil = this.#clock.now() - unreadForMs + this.#keptMs
    for (const [stream, goesAt] of this.#ended) {
      if (goesAt > keptUntil) break
      if (!stream.isRead) this.#evict(stream)
    }
    this.#setAging()
  }

  close(): void {
    for (const stream of this.#streams.values()) this.#evict(stream)
    this.#refusedKeys.clear()
    this.#waiting.clear()
    this.#aging.clear()
  }

  /** @internal */
  account(bytes: number): void {
    this.#bytes += bytes
    if (bytes < 0) this.#madeRoom()
  }

  /** @internal */
  streamEnded(stream: MemoryStream): void {
    this.#keepOn(stream)
    this.#setAging()
    this.#madeRoom()
  }

  /** @internal As {@link MemoryLog.full}, for a stream that is told by `onRoom` when it is not so any more. */
  isFullFor(stream: MemoryStream): boolean {
    if (!this.full) return false
    this.#waiting.add(stream)
    return true
  }

  #madeRoom(): void {
    if (this.#waiting.size > 0) flushSoon(this.#room)
  }

  #tellWaiting(): void {
    for (const stream of [...this.#waiting]) {
      if (this.full) return
      this.#waiting.delete(stream)
      stream.onRoom()
    }
  }

  /** Evicts those who may go, the oldest first, until the bound is kept. */
  #evictEnded(mayGo: (stream: MemoryStream) => boolean): void {
    for (const stream of this.#ended.keys()) {
      if (this.#bytes < this.#maxBytes) return
      if (mayGo(stream)) this.#evict(stream)
    }
  }

  #evict(stream: MemoryStream): void {
    const { record } = stream
    this.#streams.delete(record.streamId)
    if (record.idempotency) this.#keys.delete(scopedKey({ ...record, key: record.idempotency.key }))
    this.#ended.delete(stream)
    this.#waiting.delete(stream)
    this.#bytes -= stream.byteLength
    this.#madeRoom()
    stream.evict()
  }

  #age(): void {
    const now = this.#clock.now()
    for (const [stream, goesAt] of this.#ended) {
      if (goesAt > now) break
      if (stream.isRead) this.#keepOn(stream)
      else this.#evict(stream)
    }
    for (const [key, goesAt] of this.#refusedKeys) {
      if (goesAt > now) break
      this.#refusedKeys.delete(key)
    }
    this.#setAging()
  }

  /** Keeps an ended stream for its time, from now on. */
  #keepOn(stream: MemoryStream): void {
    this.#ended.delete(stream)
    this.#ended.set(stream, this.#clock.now() + this.#keptMs)
  }

  #setAging(): void {
    const next = Math.min(first(this.#ended), first(this.#refusedKeys))
    this.#aging.setIn(next - this.#clock.now())
  }
}

/** The time of the entry that comes first; entries are in order of time. */
function first(times: ReadonlyMap<unknown, number>): number {
  for (const time of times.values()) return time
  return Number.POSITIVE_INFINITY
}

/** JSON, because no separator is safe from an owner that contains it. */
function scopedKey({ owner, stream, key }: IdempotencyScope): string {
  return JSON.stringify([owner, stream, key])
}

function positive(name: string, value: number, least: number): number {
  if (value >= least) return value
  throw new RangeError(`memoryLog: ${name} is ${value}, and has to be at least ${least}.`)
}
