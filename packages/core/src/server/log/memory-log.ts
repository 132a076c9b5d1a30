import { type Alarm, type Clock, processClock } from '../clock.ts'
import { atLeast, HeldMemory } from './held-memory.ts'
import type { Creation, IdempotencyScope, LogReader, StreamLog, StreamRecord, ThreadScope } from './log.ts'
import { MemoryStream, type StreamObserver } from './memory-stream.ts'

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
export class MemoryLog implements StreamLog, StreamObserver {
  readonly shared = false
  /** @internal A test may have a log show its events later. */
  streamClass = MemoryStream
  readonly #memory: HeldMemory
  readonly #keptMs: number
  readonly #keepRefusedMs: number
  readonly #clock: Clock
  readonly #aging: Alarm
  readonly #streams = new Map<string, MemoryStream>()
  readonly #keys = new Map<string, MemoryStream>()
  /** In the order of creation. A thread without a stream is not here. */
  readonly #threads = new Map<string, Set<MemoryStream>>()
  /** Insertion order is the order in which they ended, so the oldest comes first. */
  readonly #ended = new Map<MemoryStream, number>()
  readonly #refusedKeys = new Map<string, number>()

  constructor(options: MemoryLogOptions) {
    this.#memory = new HeldMemory('memoryLog', { ...options, onFull: () => this.#freeEnded() })
    // At least a tick: who is kept on goes to the end of the row.
    this.#keptMs = Math.max(1, atLeast(0, 'memoryLog', 'keepEndedMs', options.keepEndedMs ?? 300_000))
    this.#keepRefusedMs = atLeast(0, 'memoryLog', 'keepRefusedMs', options.keepRefusedMs ?? 300_000)
    this.#clock = options.clock ?? processClock
    this.#aging = this.#clock.alarm(() => this.#age())
  }

  get maxStreamBytes(): number {
    return this.#memory.maxStreamBytes
  }

  get resumeMarginBytes(): number {
    return this.#memory.resumeMarginBytes
  }

  /** Bytes held by all streams. */
  get byteLength(): number {
    return this.#memory.bytes
  }

  /** How many streams are held, and how many of them have ended. */
  get size(): { readonly streams: number; readonly ended: number } {
    return { streams: this.#streams.size, ended: this.#ended.size }
  }

  /** Whether all streams together are at their bound, after everything that may go has gone. */
  get full(): boolean {
    return this.#memory.full
  }

  create(record: StreamRecord): Creation {
    const key = record.idempotency && scopedKey({ ...record, key: record.idempotency.key })
    if (key !== undefined) {
      const existing = this.#keys.get(key)
      if (existing !== undefined) return { outcome: 'exists', reader: existing }
      if (this.#refusedKeys.has(key)) return { outcome: 'cancelled' }
    }
    const stream = new this.streamClass(this, this.#memory, record)
    this.#streams.set(record.streamId, stream)
    if (key !== undefined) this.#keys.set(key, stream)
    this.#addToThread(stream)
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
    this.#streams.get(streamId)?.cancel(reason)
  }

  list(owner: string): readonly LogReader[] {
    return [...this.#streams.values()].filter(({ record }) => record.owner === owner)
  }

  listThread(scope: ThreadScope): readonly LogReader[] {
    return [...(this.#threads.get(scopedThread(scope)) ?? [])]
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
    this.#aging.clear()
  }

  /** @internal */
  streamEnded(stream: MemoryStream): void {
    this.#keepOn(stream)
    this.#setAging()
    this.#memory.mayHaveRoom()
  }

  #freeEnded(): void {
    this.#evictEnded((stream) => !stream.isRead)
    // The bound holds even so. Who still reads an answer that has ended is given up for those that run.
    this.#evictEnded(() => true)
  }

  /** Evicts those who may go, the oldest first, until the bound is kept. */
  #evictEnded(mayGo: (stream: MemoryStream) => boolean): void {
    for (const stream of this.#ended.keys()) {
      if (this.#memory.bytes < this.#memory.maxBytes) return
      if (mayGo(stream)) this.#evict(stream)
    }
  }

  #evict(stream: MemoryStream): void {
    const { record } = stream
    this.#streams.delete(record.streamId)
    if (record.idempotency) this.#keys.delete(scopedKey({ ...record, key: record.idempotency.key }))
    this.#ended.delete(stream)
    this.#removeFromThread(stream)
    stream.evict()
  }

  #addToThread(stream: MemoryStream): void {
    const { owner, thread } = stream.record
    if (thread === undefined) return
    const name = scopedThread({ owner, thread })
    const streams = this.#threads.get(name)
    if (streams === undefined) this.#threads.set(name, new Set([stream]))
    else streams.add(stream)
  }

  #removeFromThread(stream: MemoryStream): void {
    const { owner, thread } = stream.record
    if (thread === undefined) return
    const name = scopedThread({ owner, thread })
    const streams = this.#threads.get(name)
    streams?.delete(stream)
    if (streams?.size === 0) this.#threads.delete(name)
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

function scopedThread({ owner, thread }: ThreadScope): string {
  return JSON.stringify([owner, thread])
}
