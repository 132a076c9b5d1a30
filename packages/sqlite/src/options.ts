import { resolve } from 'node:path'
import { atLeast, type Clock, HeldMemory, type HeldMemoryOptions, type Logger } from '@sluice/core/server'

/**
 * The worst that an event survives, once a viewer has seen it.
 *
 * - `process`: the end of the process, however it comes (`kill -9`, out of memory, a crash). After a power failure, or a
 *   crash of the operating system, the last moments may be missing; the file is intact.
 * - `power`: a power failure, too. The file is flushed to the disk (`fsync`) before viewers see events, in groups: each
 *   event waits for the disk.
 */
export type Survives = 'process' | 'power'

/** The file of the log, how much it keeps, and for how long. */
export interface SqliteLogOptions {
  /**
   * The file, on a local disk; it is made if it is missing, and so is its folder. Beside it are `-wal` and `-shm`, which
   * belong to it, and `-lock`, which holds the lock while a process has the log open.
   */
  readonly path: string
  /** The worst that an event survives, once a viewer has seen it. @default 'process' */
  readonly survives?: Survives
  /** How long an ended stream is kept after its end, in milliseconds. @default 86_400_000 (a day) */
  readonly ttlMs?: number
  /** How long a cancelled idempotency key is refused, in milliseconds. @default 300_000 */
  readonly refusedTtlMs?: number
  /**
   * Bytes of content of the file. At this bound the streams that ended first are deleted; if none has ended, new ones are
   * refused. The file can be larger for a while, by what is about to be written. @default 1 GiB
   */
  readonly maxFileBytes?: number
  /** Bytes of one stream at which its producer waits for its viewers. @default 4 MiB */
  readonly maxStreamBytes?: number
  /** Bytes that the running streams hold in memory, at which new ones are refused. @default 256 MiB */
  readonly maxBytes?: number
  /** Bytes that the running streams of one owner hold in memory, at which new ones are refused. @default a quarter of `maxBytes`, at least `maxStreamBytes` */
  readonly maxBytesPerOwner?: number
  /** Bytes that viewers have passed and that are kept for viewers that reconnect. @default 1 MiB, at most a quarter of `maxStreamBytes` */
  readonly resumeMarginBytes?: number
  /**
   * How long the runs go on if the file cannot be written (the disk is full), in milliseconds. Their viewers wait; then
   * the runs end with `connection_lost`. New ones are refused from the first moment on. @default 30_000
   */
  readonly maxOutageMs?: number
  /** Gets what goes wrong with the file. @default silent */
  readonly logger?: Logger
  /** The timer of everything that waits here. @default the process's */
  readonly clock?: Clock
}

const MiB = 1024 * 1024
const LOG = 'sqliteLog'

/** The options that are numbers, with their defaults, except those of {@link memoryOf}. */
export type Bounds = ReturnType<typeof boundsOf>

/**
 * @throws {RangeError} if a bound is not a number, or is too small.
 * @throws {TypeError} if `path` or `survives` is not what it has to be.
 */
export function boundsOf(options: SqliteLogOptions) {
  const { path, survives = 'process' } = options
  if (typeof path !== 'string' || path === '') {
    throw new TypeError(`${LOG}: path is ${JSON.stringify(path)}, and has to be the path of a file.`)
  }
  if (path === ':memory:') {
    throw new TypeError(
      `${LOG}: path is ':memory:', and has to be the path of a file. In memory, use memoryLog().`,
    )
  }
  if (survives !== 'process' && survives !== 'power') {
    throw new TypeError(
      `${LOG}: survives is ${JSON.stringify(survives)}, and has to be 'process' or 'power'.`,
    )
  }
  return {
    // The threads open it too, and the process may change its folder.
    path: resolve(path),
    survives: survives as Survives,
    ttlMs: atLeast(0, LOG, 'ttlMs', options.ttlMs ?? 86_400_000),
    refusedTtlMs: atLeast(0, LOG, 'refusedTtlMs', options.refusedTtlMs ?? 300_000),
    maxFileBytes: atLeast(MiB, LOG, 'maxFileBytes', options.maxFileBytes ?? 1024 * MiB),
    maxOutageMs: atLeast(0, LOG, 'maxOutageMs', options.maxOutageMs ?? 30_000),
  }
}

/**
 * The memory that the running streams may hold.
 * @throws {RangeError} if a bound is not a number, or is too small.
 */
export function memoryOf(
  options: SqliteLogOptions,
  onFull: NonNullable<HeldMemoryOptions['onFull']>,
): HeldMemory {
  const { maxStreamBytes = 4 * MiB, maxBytes = 256 * MiB, resumeMarginBytes } = options
  return new HeldMemory(LOG, {
    maxStreamBytes,
    maxBytes,
    maxBytesPerOwner: options.maxBytesPerOwner ?? Math.max(maxBytes / 4, maxStreamBytes),
    resumeMarginBytes,
    maxUnconfirmedBytes: maxStreamBytes / 4,
    onFull,
  })
}
