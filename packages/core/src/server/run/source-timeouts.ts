import type { ErrorType } from '../../errors.ts'
import type { Alarm, Clock } from '../clock.ts'
import type { RunTimeouts } from '../definition/define-stream.ts'

/** Told that a run has waited for too long. */
export interface SourceTimeoutsObserver {
  /** The source has been silent: this attempt is over. */
  silent(error: ErrorType): void
  /** The whole answer took too long. */
  late(): void
}

/** Reasoning models think for minutes before the first token, and the wires of some carry nothing meanwhile. */
const FIRST_CHUNK_MS = 300_000
const CHUNK_MS = 30_000

/** How long a run waits for its source: for the first part, for each next one, and for all of them. */
export class SourceTimeouts {
  /**
   * When the source last gave a sign of life, in whole milliseconds on the clock: a fraction would be an object for each
   * part.
   */
  lastPartAt: number
  /** Whether the next part is a first one, which may take longer: {@link awaitNext} has to follow it. */
  isFirst = true
  readonly #clock: Clock
  readonly #firstChunkMs: number
  readonly #chunkMs: number
  /** For the first part, the next one, or the next attempt: there is one of them to wait for at a time. */
  readonly #wait: Alarm
  /** If the whole run has a bound. */
  readonly #total: Alarm | undefined
  /** The rest of the bound of the whole run, while it stands still. */
  #remainingMs: number
  readonly #run: SourceTimeoutsObserver
  #onWait: (this: SourceTimeouts) => void = ignore
  /** The silence that is waited for, and the error that it is. */
  #silenceMs = Number.POSITIVE_INFINITY
  #error: ErrorType = 'first_chunk_timeout'

  constructor(clock: Clock, timeouts: RunTimeouts, run: SourceTimeoutsObserver) {
    const { firstChunkMs = FIRST_CHUNK_MS, chunkMs = CHUNK_MS, totalMs = Number.POSITIVE_INFINITY } = timeouts
    this.#clock = clock
    this.#firstChunkMs = firstChunkMs
    this.#chunkMs = chunkMs
    this.#remainingMs = totalMs
    this.#run = run
    this.#wait = clock.alarm(() => this.#onWait())
    this.#total = totalMs === Number.POSITIVE_INFINITY ? undefined : clock.alarm(() => run.late())
    this.lastPartAt = this.now
  }

  get now(): number {
    return Math.ceil(this.#clock.now())
  }

  /** Starts the bound of the whole run, or goes on with what a pause has left of it. */
  start(): void {
    this.#total?.setIn(this.#remainingMs)
  }

  awaitFirst(): void {
    this.lastPartAt = this.now
    this.isFirst = true
    this.#awaitPart(this.#firstChunkMs, 'first_chunk_timeout')
  }

  awaitNext(): void {
    this.isFirst = false
    this.#awaitPart(this.#chunkMs, 'chunk_timeout')
  }

  awaitRetry(delayMs: number, then: () => void): void {
    this.#set(delayMs, then)
  }

  /** The source is not waited for: it is abandoned, or waits itself. */
  stop(): void {
    this.#wait.clear()
  }

  /** The run waits for its readers, which is no fault of the source. */
  pause(): void {
    this.#wait.clear()
    if (this.#total !== undefined) this.#remainingMs = this.#total.at - this.#clock.now()
    this.#total?.clear()
  }

  resume(): void {
    if (this.isFirst) this.awaitFirst()
    else {
      this.lastPartAt = this.now
      this.awaitNext()
    }
    this.start()
  }

  end(): void {
    this.#wait.clear()
    this.#total?.clear()
  }

  #awaitPart(silenceMs: number, error: ErrorType): void {
    this.#silenceMs = silenceMs
    this.#error = error
    this.#set(silenceMs, this.#checkSilence)
  }

  /** Parts do not move the alarm, only the time that it is measured from: it is set again as long as they come. */
  #checkSilence(): void {
    const remainingMs = this.lastPartAt + this.#silenceMs - this.#clock.now()
    if (remainingMs > 0) this.#wait.setIn(remainingMs)
    else this.#run.silent(this.#error)
  }

  #set(delayMs: number, then: (this: SourceTimeouts) => void): void {
    this.#onWait = then
    this.#wait.setIn(delayMs)
  }
}

function ignore(): void {}
