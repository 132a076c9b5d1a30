import { type Flushable, flushSoon } from '../delivery/flush.ts'

const KiB = 1024
export const MiB = 1024 * KiB
const SMALLEST_STREAM_BYTES = 4 * KiB
/** From here on, of all, an owner with more than its fair part waits, so that the others can go on. */
const SCARCE_PART = 3 / 4

/** How much a log may hold in the memory of this process. */
export interface HeldMemoryOptions {
  /** Bytes of one stream at which its producer waits for its viewers. @default 4 MiB */
  readonly maxStreamBytes?: number | undefined
  /** Bytes of all streams together at which the log is full. @default 256 MiB */
  readonly maxBytes?: number | undefined
  /**
   * Bytes of all streams of one owner, at which they wait, and new ones are refused. Streams without an owner have no
   * share. @default no bound
   */
  readonly maxBytesPerOwner?: number | undefined
  /** Bytes that viewers have passed and that are kept for viewers that reconnect. @default 1 MiB, at most a quarter of `maxStreamBytes` */
  readonly resumeMarginBytes?: number | undefined
  /** Bytes of one stream that its store has not confirmed, at which its producer waits for the store. @default no bound */
  readonly maxUnconfirmedBytes?: number | undefined
  /** Size of the largest buffer that events are kept in. A trim frees whole buffers. @default 64 KiB, at most a sixteenth of `maxStreamBytes` */
  readonly segmentBytes?: number | undefined
  /**
   * Frees what the log can do without, because `maxBytes` is reached; given a share, because that is used up, and of
   * that one. It runs before the log calls itself full.
   */
  readonly onFull?: ((share?: MemoryShare) => void) | undefined
}

/** The memory that the streams of one owner hold. */
export interface MemoryShare {
  /** `undefined`: the streams without an owner. */
  readonly owner: string | undefined
  readonly bytes: number
  /** Those of `bytes` that could be freed now: of streams that have ended. */
  readonly freeableBytes: number
  readonly streams: number
}

class Share implements MemoryShare {
  readonly owner: string | undefined
  bytes = 0
  freeableBytes = 0
  streams = 0

  constructor(owner: string | undefined) {
    this.owner = owner
  }
}

/** A stream whose producer was told that there is no memory. */
export interface WaitingForMemory {
  /** There is memory again. */
  hasRoom(): void
}

/**
 * The memory that all streams of one log share in this process: its bounds, how much of it is used, and the streams
 * that wait because it is used up. A log makes one, and gives it to each {@link HeldStream}.
 */
export class HeldMemory implements Flushable {
  /** The share of streams that a log does not count by owner. */
  readonly common: MemoryShare = new Share(undefined)
  /** @internal Only {@link flushSoon} touches it. */
  scheduled = false
  readonly maxBytes: number
  readonly maxStreamBytes: number
  readonly resumeMarginBytes: number
  readonly maxBytesPerOwner: number
  readonly maxUnconfirmedBytes: number
  readonly segmentBytes: number
  readonly #onFull: ((share?: MemoryShare) => void) | undefined
  readonly #waiting = new Set<WaitingForMemory>()
  /** Of owners that have a stream. */
  readonly #shares = new Map<string | undefined, Share>()
  readonly #scarceBytes: number
  #bytes = 0
  #freeableBytes = 0

  /**
   * @param log - The name of the log in error messages.
   * @throws {RangeError} if a bound is not a number, or is too small. The message names the option.
   */
  constructor(log: string, options: HeldMemoryOptions = {}) {
    const { maxStreamBytes = 4 * MiB, maxBytes = 256 * MiB, resumeMarginBytes = MiB } = options
    this.maxStreamBytes = atLeast(SMALLEST_STREAM_BYTES, log, 'maxStreamBytes', maxStreamBytes)
    this.maxBytes = atLeast(maxStreamBytes, log, 'maxBytes', maxBytes)
    this.resumeMarginBytes = Math.min(
      atLeast(0, log, 'resumeMarginBytes', resumeMarginBytes),
      maxStreamBytes / 4,
    )
    this.maxBytesPerOwner = atLeast(
      maxStreamBytes,
      log,
      'maxBytesPerOwner',
      options.maxBytesPerOwner ?? Number.POSITIVE_INFINITY,
    )
    this.maxUnconfirmedBytes = options.maxUnconfirmedBytes ?? Number.POSITIVE_INFINITY
    this.segmentBytes = Math.min(options.segmentBytes ?? 64 * KiB, maxStreamBytes / 16)
    this.#scarceBytes = maxBytes * SCARCE_PART
    this.#onFull = options.onFull
  }

  /** Bytes that all streams hold now. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether all streams together are at the bound, after the log has freed what it can do without. */
  get full(): boolean {
    if (this.#bytes < this.maxBytes) return false
    this.#onFull?.()
    return this.#bytes >= this.maxBytes
  }

  /** How many owners hold memory. */
  get owners(): number {
    return this.#shares.size
  }

  /**
   * Whether a stream of this share has to wait: all streams are at the bound, or the share is used up, or what runs
   * takes so much that only those go on which have less than their fair part.
   */
  isFullFor(share: MemoryShare): boolean {
    // Asked for each event, and nearly always this.
    if (this.#bytes < this.#scarceBytes && share.bytes < this.maxBytesPerOwner) return false
    return this.full || this.#isUsedUp(share)
  }

  #isUsedUp(share: MemoryShare): boolean {
    if (share.bytes >= this.maxBytesPerOwner && share.owner !== undefined) {
      this.#onFull?.(share)
      if (share.bytes >= this.maxBytesPerOwner) return true
    }
    if (this.#bytes - this.#freeableBytes < this.#scarceBytes || this.#shares.size < 2) return false
    return share.bytes - share.freeableBytes > this.maxBytes / this.#shares.size
  }

  /** The share of an owner, for one stream more. */
  share(owner: string | undefined): MemoryShare {
    let share = this.#shares.get(owner)
    if (share === undefined) {
      share = new Share(owner)
      this.#shares.set(owner, share)
    }
    share.streams += 1
    return share
  }

  /** The share of an owner, if it has a stream. */
  shareOf(owner: string | undefined): MemoryShare | undefined {
    return this.#shares.get(owner)
  }

  /** A stream of the share is gone. */
  leave(share: MemoryShare): void {
    const own = share as Share
    own.streams -= 1
    if (own.streams === 0) this.#shares.delete(own.owner)
  }

  /** A stream of the share holds this many bytes more, or fewer if the number is negative. */
  account(bytes: number, share: MemoryShare = this.common): void {
    this.#bytes += bytes
    const own = share as Share
    own.bytes += bytes
    if (bytes < 0) this.mayHaveRoom()
  }

  /** So many bytes of the share can be freed from now on; cannot any more, if the number is negative. */
  accountFreeable(bytes: number, share: MemoryShare): void {
    this.#freeableBytes += bytes
    const own = share as Share
    own.freeableBytes += bytes
    if (bytes > 0) this.mayHaveRoom()
  }

  /** Something was freed, or can be freed from now on: the streams that wait are told at the end of this turn. */
  mayHaveRoom(): void {
    if (this.#waiting.size > 0) flushSoon(this)
  }

  /** Has the stream told once there is memory again. */
  wait(stream: WaitingForMemory): void {
    this.#waiting.add(stream)
  }

  /** The stream does not wait any more. */
  forget(stream: WaitingForMemory): void {
    this.#waiting.delete(stream)
  }

  /** @internal Tells the streams that wait, one by one, until the memory is used up again. */
  flush(): void {
    for (const stream of [...this.#waiting]) {
      if (this.full) return
      this.#waiting.delete(stream)
      stream.hasRoom()
    }
  }
}

/**
 * Checks an option of a log.
 * @throws {RangeError} if `value` is not a number of at least `least`.
 */
export function atLeast(least: number, log: string, name: string, value: number): number {
  if (value >= least) return value
  throw new RangeError(`${log}: ${name} is ${value}, and has to be at least ${least}.`)
}
