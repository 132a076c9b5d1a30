import { type Alarm, type Clock, processClock } from '../clock.ts'
import { atLeast, HeldMemory, type MemoryShare, MiB } from './held-memory.ts'
import type { Creation, IdempotencyScope, LogReader, StreamLog, StreamRecord, ThreadScope } from './log.ts'
import { MemoryStream, type StreamObserver } from './memory-stream.ts'
import { RefusedKeys } from './refused-keys.ts'

/** How much a {@link memoryLog} keeps, and for how long. */
export interface MemoryLogOptions {
  /** Bytes of one stream at which its producer waits for its viewers. @default 4 MiB */
  readonly maxStreamBytes?: number
  /** Bytes of all streams. At this bound ended ones are evicted, those of the owner with the most first. @default 256 MiB */
  readonly maxBytes?: number
  /**
   * Bytes of all streams of one owner. At this bound its ended ones are evicted, its running ones wait, and new ones are
   * refused; other owners notice nothing. @default a quarter of `maxBytes`, at least `maxStreamBytes`
   */
  readonly maxBytesPerOwner?: number
  /**
   * Streams, running and ended. Each takes 8 kB beside its bytes. At this bound ended ones are evicted, those of the
   * owner with the most first. @default 16_384
   */
  readonly maxStreams?: number
  /** Bytes that viewers have passed and that are kept for viewers that reconnect. @default 1 MiB, at most a quarter of `maxStreamBytes` */
  readonly resumeMarginBytes?: number
  /** How long an ended stream can still be read, in milliseconds. @default 300_000 */
  readonly keepEndedMs?: number
  /** How long a cancelled idempotency key is refused, in milliseconds. @default 300_000 */
  readonly keepRefusedMs?: number
  /** The timer that ages things. @default the process's */
  readonly clock?: Clock
}

const MAX_STREAMS = 16_384
/** With several owners more is freed than it takes, so that finding the owner with the most is rare. */
const FREED_PART = 1 / 64

/**
 * The log in this process's memory: for one instance, for development, for tests. It is lost with the process.
 * @throws {RangeError} if a bound is not a valid number.
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
  /** The same by owner, for the owner with the most. */
  readonly #endedOf = new Map<MemoryShare, Set<MemoryStream>>()
  readonly #refusedKeys = new RefusedKeys()
  readonly #maxStreams: number

  constructor(options: MemoryLogOptions) {
    this.#memory = new HeldMemory('memoryLog', {
      ...options,
      maxBytesPerOwner: options.maxBytesPerOwner ?? quarterOf(options),
      onFull: (share) => this.#freeEnded(share),
    })
    this.#maxStreams = atLeast(1, 'memoryLog', 'maxStreams', options.maxStreams ?? MAX_STREAMS)
    // At least a tick: a stream that is kept on goes to the end of the row.
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
    return this.#memory.full || this.#streams.size - this.#ended.size >= this.#maxStreams
  }

  isFullFor(owner: string): boolean {
    const share = this.#memory.shareOf(owner)
    return share !== undefined && this.#memory.isFullFor(share)
  }

  create(record: StreamRecord): Creation {
    const key = record.idempotency && scopedKey({ ...record, key: record.idempotency.key })
    if (key !== undefined) {
      const existing = this.#keys.get(key)
      if (existing !== undefined) return { outcome: 'exists', reader: existing }
      if (this.#refusedKeys.has(key)) return { outcome: 'cancelled' }
    }
    if (this.#streams.size >= this.#maxStreams) this.#evictOne()
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
    this.#refusedKeys.add(key, scope.owner, this.#clock.now() + this.#keepRefusedMs)
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
    this.#memory.accountFreeable(stream.byteLength, stream.ofOwner)
  }

  /** Evicts ended streams until the bound is kept: of all, or of one owner. */
  #freeEnded(share?: MemoryShare): void {
    const free = (mayGo: (stream: MemoryStream) => boolean): void => {
      if (share === undefined) this.#evictEnded(mayGo)
      else this.#evictOf(share, this.#memory.maxBytesPerOwner - 1, mayGo)
    }
    free((stream) => !stream.isRead)
    // The bound holds even so: the readers of an answer that has ended are disconnected for those that run.
    free(() => true)
  }

  /** Evicts streams that may go until the bound of all is kept: the owners with the most give, until they are even. */
  #evictEnded(mayGo: (stream: MemoryStream) => boolean): void {
    const { maxBytes } = this.#memory
    if (this.#memory.bytes < maxBytes) return
    const goal = this.#endedOf.size > 1 ? maxBytes * (1 - FREED_PART) : maxBytes - 1
    const owners = [...this.#endedOf.keys()].sort((a, b) => b.bytes - a.bytes)
    const level = levelOf(owners, this.#memory.bytes - goal)
    for (const share of owners) this.#evictOf(share, level, mayGo)
    // Some streams cannot be evicted: more is evicted of the other owners.
    for (const share of owners) {
      const excess = this.#memory.bytes - goal
      if (excess <= 0) return
      this.#evictOf(share, share.bytes - excess, mayGo)
    }
  }

  /** Evicts streams of an owner that may go, the oldest first, until the owner has `maxBytes` at most. */
  #evictOf(share: MemoryShare, maxBytes: number, mayGo: (stream: MemoryStream) => boolean): void {
    for (const stream of this.#endedOf.get(share) ?? []) {
      if (share.bytes <= maxBytes) return
      if (mayGo(stream)) this.#evict(stream)
    }
  }

  /** Makes place for one stream: the oldest of the owner with the most streams is evicted, one that is not read if any. */
  #evictOne(): void {
    let most: MemoryShare | undefined
    for (const share of this.#endedOf.keys()) if (share.streams > (most?.streams ?? 0)) most = share
    if (most === undefined) return
    const ended = [...this.#endedOf.get(most)!]
    this.#evict(ended.find((stream) => !stream.isRead) ?? ended[0]!)
  }

  #evict(stream: MemoryStream): void {
    const { record } = stream
    this.#streams.delete(record.streamId)
    if (record.idempotency) this.#keys.delete(scopedKey({ ...record, key: record.idempotency.key }))
    if (this.#ended.delete(stream)) {
      this.#memory.accountFreeable(-stream.byteLength, stream.ofOwner)
      this.#forgetEnded(stream)
    }
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
    this.#refusedKeys.forget(now)
    this.#setAging()
  }

  /** Keeps an ended stream for its time, from now on. */
  #keepOn(stream: MemoryStream): void {
    this.#ended.delete(stream)
    this.#forgetEnded(stream)
    this.#ended.set(stream, this.#clock.now() + this.#keptMs)
    const ofOwner = this.#endedOf.get(stream.ofOwner)
    if (ofOwner === undefined) this.#endedOf.set(stream.ofOwner, new Set([stream]))
    else ofOwner.add(stream)
  }

  #forgetEnded(stream: MemoryStream): void {
    const ofOwner = this.#endedOf.get(stream.ofOwner)
    if (ofOwner?.delete(stream) && ofOwner.size === 0) this.#endedOf.delete(stream.ofOwner)
  }

  #setAging(): void {
    const next = Math.min(first(this.#ended), this.#refusedKeys.next)
    this.#aging.setIn(next - this.#clock.now())
  }
}

/** The time of the entry that comes first; entries are in order of time. */
function first(times: ReadonlyMap<unknown, number>): number {
  for (const time of times.values()) return time
  return Number.POSITIVE_INFINITY
}

/** The bytes that no owner may be above, so that `excess` bytes less are held. The owners come with the most first. */
function levelOf(owners: readonly MemoryShare[], excess: number): number {
  let above = -excess
  for (const [index, { bytes }] of owners.entries()) {
    above += bytes
    const level = above / (index + 1)
    if (level >= (owners[index + 1]?.bytes ?? 0)) return level
  }
  return 0
}

/** Enough for many answers, and three others may do the same before all is used up. */
function quarterOf({ maxBytes = 256 * MiB, maxStreamBytes = 4 * MiB }: MemoryLogOptions): number {
  return Math.max(maxBytes / 4, maxStreamBytes)
}

/** JSON, because no separator is safe from an owner that contains it. */
function scopedKey({ owner, stream, key }: IdempotencyScope): string {
  return JSON.stringify([owner, stream, key])
}

function scopedThread({ owner, thread }: ThreadScope): string {
  return JSON.stringify([owner, thread])
}
