import { type Flushable, flushSoon } from '../delivery/flush.ts'

const KiB = 1024
const MiB = 1024 * KiB
const SMALLEST_STREAM_BYTES = 4 * KiB

/** How much a log may hold in the memory of this process. */
export interface HeldMemoryOptions {
  /** Bytes of one stream at which its producer waits for its viewers. @default 4 MiB */
  readonly maxStreamBytes?: number | undefined
  /** Bytes of all streams together at which the log is full. @default 256 MiB */
  readonly maxBytes?: number | undefined
  /** Bytes that viewers have passed and that are kept for viewers who come back. @default 1 MiB, at most a quarter of `maxStreamBytes` */
  readonly resumeMarginBytes?: number | undefined
  /** Bytes of one stream that its store has not confirmed, at which its producer waits for the store. @default no bound */
  readonly maxUnconfirmedBytes?: number | undefined
  /** Size of the largest buffer that events are kept in. A trim frees whole buffers. @default 64 KiB, at most a sixteenth of `maxStreamBytes` */
  readonly segmentBytes?: number | undefined
  /** Frees what the log can do without, because `maxBytes` is reached. It runs before the log calls itself full. */
  readonly onFull?: (() => void) | undefined
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
  /** @internal Only {@link flushSoon} touches it. */
  scheduled = false
  readonly maxBytes: number
  readonly maxStreamBytes: number
  readonly resumeMarginBytes: number
  readonly maxUnconfirmedBytes: number
  readonly segmentBytes: number
  readonly #onFull: (() => void) | undefined
  readonly #waiting = new Set<WaitingForMemory>()
  #bytes = 0

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
    this.maxUnconfirmedBytes = options.maxUnconfirmedBytes ?? Number.POSITIVE_INFINITY
    this.segmentBytes = Math.min(options.segmentBytes ?? 64 * KiB, maxStreamBytes / 16)
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

  /** A stream holds this many bytes more, or fewer if the number is negative. */
  account(bytes: number): void {
    this.#bytes += bytes
    if (bytes < 0) this.mayHaveRoom()
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
