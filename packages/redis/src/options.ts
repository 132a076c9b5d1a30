import { atLeast, type Clock, HeldMemory, type Logger } from '@sluice/core/server'
import type { RedisClient } from './connection/clients.ts'

/** The address of the log, how much it keeps, and for how long. */
export interface RedisLogOptions {
  /** `redis://…` or `rediss://…`. The log makes its connections itself: two per process. Give this or `client`. */
  readonly url?: string
  /**
   * A connected client of node-redis: standalone, Sentinel or Cluster. It carries the commands. Of a standalone one the
   * log makes a duplicate for Pub/Sub, and closes only that. It should be made with `disableOfflineQueue: true`.
   */
  readonly client?: RedisClient
  /** The prefix of every key and channel. @default 'sluice:' */
  readonly keyPrefix?: string
  /**
   * How long a producer may be silent towards Redis before another instance ends its streams with `producer_lost`,
   * in milliseconds. It is renewed at a third of it. @default 15_000
   */
  readonly leaseMs?: number
  /**
   * How long what is to be appended may wait for more, of any stream, in milliseconds: fewer commands and less CPU, later
   * tokens. The first events of a stream and its terminal event never wait.
   * @default 0: only while an append of its stream is under way are events gathered, for 10 ms at most
   */
  readonly lingerMs?: number
  /** The most JSON text in one append, in bytes; a single event may be larger. @default 64 KiB */
  readonly maxBatchBytes?: number
  /** Bytes of one stream at which its producer waits for its viewers. @default 4 MiB */
  readonly maxStreamBytes?: number
  /** Bytes that Redis has not confirmed yet, at which a producer waits for it. @default a quarter of `maxStreamBytes` */
  readonly maxUnsafeBytes?: number
  /** Bytes that viewers have passed and that are kept for viewers that reconnect. @default 1 MiB, at most a quarter of `maxStreamBytes` */
  readonly resumeMarginBytes?: number
  /** Bytes of a stream's end that an instance keeps for its viewers, if it does not run it. @default 256 KiB */
  readonly maxTailBytes?: number
  /** Bytes of all streams in this process, at which new ones are refused. @default 256 MiB */
  readonly maxBytes?: number
  /**
   * Bytes of the streams of one owner: of those that this process holds, and of those that have ended, in Redis. At the
   * first bound the owner's streams wait and new ones are refused; at the second the oldest are forgotten. Other owners
   * notice nothing. Streams without an owner have no such bound. @default a quarter of `maxBytes`, at least `maxStreamBytes`
   */
  readonly maxBytesPerOwner?: number
  /** How long a stream is kept after its last append, lease renewal or page read, in milliseconds. @default 3_600_000 */
  readonly ttlMs?: number
  /** How long an ended stream is kept after its end or its last page read, in milliseconds. @default 300_000 */
  readonly endedTtlMs?: number
  /** How long a cancelled idempotency key is refused, in milliseconds. @default 300_000 */
  readonly refusedTtlMs?: number
  /** How long a read, a start or a cancel may wait for Redis before it is refused, in milliseconds. @default 5_000 */
  readonly commandTimeoutMs?: number
  /**
   * How long a run goes on without Redis before it ends with `connection_lost`, and how long viewers of a stream that
   * runs elsewhere wait before they are disconnected, in milliseconds. @default 120_000
   */
  readonly maxOutageMs?: number
  /** Gets what goes wrong between this process and Redis. @default silent */
  readonly logger?: Logger
  /** The timer of leases and probes. @default the process's */
  readonly clock?: Clock
}

const KiB = 1024
const MiB = 1024 * KiB

/** The options that are numbers, with their defaults, except those of {@link memoryOf}. */
export type Bounds = ReturnType<typeof boundsOf>

/** @throws {RangeError} if a bound is not a number, or is too small. */
export function boundsOf(options: RedisLogOptions) {
  return {
    leaseMs: checked(100, 'leaseMs', options.leaseMs ?? 15_000),
    lingerMs: checked(0, 'lingerMs', options.lingerMs ?? 0),
    maxBatchBytes: checked(1, 'maxBatchBytes', options.maxBatchBytes ?? 64 * KiB),
    maxTailBytes: checked(0, 'maxTailBytes', options.maxTailBytes ?? 256 * KiB),
    ttlMs: checked(1, 'ttlMs', options.ttlMs ?? 3_600_000),
    endedTtlMs: checked(1, 'endedTtlMs', options.endedTtlMs ?? 300_000),
    refusedTtlMs: checked(1, 'refusedTtlMs', options.refusedTtlMs ?? 300_000),
    commandTimeoutMs: checked(1, 'commandTimeoutMs', options.commandTimeoutMs ?? 5_000),
    maxOutageMs: checked(1, 'maxOutageMs', options.maxOutageMs ?? 120_000),
  }
}

/**
 * The memory that the streams of the log may hold in this process.
 * @throws {RangeError} if a bound is not a number, or is too small.
 */
export function memoryOf({
  maxStreamBytes = 4 * MiB,
  maxBytes = 256 * MiB,
  ...options
}: RedisLogOptions): HeldMemory {
  return new HeldMemory(LOG, {
    maxStreamBytes,
    maxBytes,
    maxBytesPerOwner: options.maxBytesPerOwner ?? Math.max(maxBytes / 4, maxStreamBytes),
    resumeMarginBytes: options.resumeMarginBytes,
    maxUnconfirmedBytes: checked(KiB, 'maxUnsafeBytes', options.maxUnsafeBytes ?? maxStreamBytes / 4),
    segmentBytes: 16 * KiB,
  })
}

function checked(least: number, name: string, value: number): number {
  return atLeast(least, LOG, name, value)
}

const LOG = 'redisLog'
