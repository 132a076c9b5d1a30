import type { Alarm, Clock, Logger } from '@sluice/core/server'
import type { Chore, ChoreDone, ThreadData } from './threads/messages.ts'
import { Thread } from './threads/thread.ts'

/** How often the file is looked through for streams whose time is over, in milliseconds. */
const SWEEP_MS = 30_000
/** How long after a sweep that has found something comes the next, in milliseconds. */
const AGAIN_MS = 20
/** How often a file that is larger than it may be is looked through, in milliseconds. */
const FULL_MS = 1_000
/** How much is written between two checkpoints, in bytes: what is written twice in between is moved once. */
const CHECKPOINT_BYTES = 32 * 1024 * 1024
/** How long nothing has to be written for a checkpoint that nobody can notice, in milliseconds. */
const QUIET_MS = 1_000

/** Options of {@link Housekeeping}. */
export interface HousekeepingOptions extends ThreadData {
  readonly clock: Clock
  readonly logger: Logger
  readonly ttlMs: number
  readonly maxFileBytes: number
  /** The numbers of the streams that are being read. */
  readonly readNow: () => readonly number[]
}

/**
 * Has the file kept in order, in a thread: what was written is moved into the file proper, and what is not kept any more is
 * deleted, a few streams at a time.
 */
export class Housekeeping {
  readonly #options: HousekeepingOptions
  readonly #thread: Thread<Chore, ChoreDone | { readonly error: string }>
  readonly #sweeping: Alarm
  readonly #quiet: Alarm
  #underWay: Chore['do'] | undefined
  #isCheckpointDue = false
  #bytesSince = 0
  #fileBytes = 0
  /** Whether the file is larger than it may be, and the last sweep has found nothing that may be deleted. */
  #foundNothing = false

  constructor(options: HousekeepingOptions) {
    const { clock, logger, path, survives } = options
    this.#options = options
    this.#thread = new Thread(
      'chores',
      { path, survives },
      {
        answered: (done) => this.#done(done),
        failed: (error) =>
          logger.error({ err: error }, 'the thread that keeps the file of the log in order has ended'),
      },
    )
    this.#sweeping = clock.alarm(() => this.#sweep())
    this.#quiet = clock.alarm(() => this.#checkpoint())
    this.#sweeping.setIn(AGAIN_MS)
  }

  /** Whether the file is larger than it may be, and nothing in it can be deleted. */
  get isFull(): boolean {
    return this.#foundNothing && this.#fileBytes > this.#options.maxFileBytes
  }

  /** So many bytes were written. */
  wrote(bytes: number): void {
    this.#bytesSince += bytes
    // What is deleted meanwhile is counted by the next chore.
    this.#fileBytes += bytes
    if (this.#fileBytes > this.#options.maxFileBytes && !this.#foundNothing && this.#underWay === undefined) {
      this.#sweep()
    }
    if (this.#bytesSince < CHECKPOINT_BYTES) this.#quiet.setIn(QUIET_MS)
    else this.#checkpoint()
  }

  close(): Promise<void> {
    this.#sweeping.clear()
    this.#quiet.clear()
    return this.#thread.close()
  }

  #checkpoint(): void {
    this.#quiet.clear()
    this.#bytesSince = 0
    this.#isCheckpointDue = true
    this.#next()
  }

  #sweep(): void {
    if (this.#underWay !== undefined) {
      this.#sweeping.setIn(AGAIN_MS)
      return
    }
    const { ttlMs, maxFileBytes, readNow } = this.#options
    const now = Date.now()
    this.#start({ do: 'sweep', endedBefore: now - ttlMs, now, maxFileBytes, except: readNow() })
  }

  #next(): void {
    if (!this.#isCheckpointDue || this.#underWay !== undefined) return
    this.#isCheckpointDue = false
    this.#start({ do: 'checkpoint' })
  }

  #start(chore: Chore): void {
    this.#underWay = chore.do
    this.#thread.send(chore)
  }

  #done(done: ChoreDone | { readonly error: string }): void {
    const chore = this.#underWay
    this.#underWay = undefined
    if ('error' in done) {
      this.#options.logger.warn(
        { chore, message: done.error },
        'the file of the log could not be kept in order',
      )
      this.#sweeping.setIn(SWEEP_MS)
      return
    }
    this.#fileBytes = done.fileBytes
    const isTooLarge = done.fileBytes > this.#options.maxFileBytes
    if (chore === 'sweep') this.#swept(done.swept, isTooLarge)
    else if (isTooLarge) this.#sweeping.setIn(AGAIN_MS)
    this.#next()
  }

  #swept(count: number, isTooLarge: boolean): void {
    this.#foundNothing = count === 0 && isTooLarge
    // If nothing can be deleted from a file that is too large, something may soon have ended.
    this.#sweeping.setIn(count > 0 ? AGAIN_MS : isTooLarge ? FULL_MS : SWEEP_MS)
  }
}
