import { StreamingError } from '@sluice/core'
import type { Alarm, Clock, Logger } from '@sluice/core/server'
import type { Batch, BatchWriter, Change, Reply, ThreadData } from '../threads/messages.ts'
import { Thread } from '../threads/thread.ts'
import { Writer } from '../threads/write.ts'
import { type OutgoingStream, type Packed, Packer } from './packer.ts'

/**
 * How far two transactions are apart, in milliseconds. The first events after a pause never wait; under a load this
 * gathers the events of all streams, and a transaction costs what some ten events do.
 */
const GATHER_MS = 2
/** How long after a failure a transaction is tried again, in milliseconds. */
const RETRY_MS = 200
/** How long after a transaction that met a chore it is tried again, in milliseconds, and the code of SQLite for that. */
const BUSY_MS = 2
const BUSY = 5
const LONGEST_BUSY_MS = 5_000

/** Options of an {@link Outbox}. */
export interface OutboxOptions extends ThreadData {
  readonly maxOutageMs: number
  readonly clock: Clock
  readonly logger: Logger
  /** The file cannot be written for so long that the runs have to end. What they have appended is still written later. */
  readonly onOutage: (error: StreamingError) => void
  /** So many bytes were written. */
  readonly onWritten: (bytes: number) => void
  /** @internal A test writes nowhere. */
  readonly open?: (answered: (reply: Reply) => void) => BatchWriter
}

interface Waiting {
  readonly resolve: () => void
  readonly reject: (error: StreamingError) => void
}

/** A batch that is under way, and those who wait for it. */
interface Sent extends Packed {
  readonly waiting: Waiting[]
}

/**
 * Gathers what the streams of the process append and change, and has it written: one transaction at a time, for all of
 * them. Viewers see an event when its transaction is in the file.
 */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #writing: BatchWriter
  readonly #packer: Packer
  #changes: Change[] = []
  #waiting: Waiting[] = []
  /** The batch that is under way. */
  #sent: Sent | undefined
  #isDue = false
  #sentAt = Number.NEGATIVE_INFINITY
  readonly #retry: Alarm
  readonly #outage: Alarm
  #failure: Error | undefined
  #busySince: number | undefined
  #onQuiet: (() => void) | undefined
  #isClosed = false

  constructor(options: OutboxOptions, seq: number) {
    this.#options = options
    this.#packer = new Packer(seq)
    this.#writing = this.#open()
    this.#retry = options.clock.alarm(() => this.#post())
    this.#outage = options.clock.alarm(() => this.#giveUp())
  }

  /** Whether the file cannot be written at the moment. */
  get isFailing(): boolean {
    return this.#failure !== undefined
  }

  /** The stream has events that are not sent. */
  add(stream: OutgoingStream): void {
    this.#packer.add(stream)
    this.#schedule()
  }

  /** Adds a change that goes with the next batch. */
  change(change: Change): void {
    this.#changes.push(change)
    this.#schedule()
  }

  /**
   * As {@link Outbox.change}. Resolves when it is in the file.
   * @throws {StreamingError} `connection_lost` if the file cannot be written for too long; it is written later all the same
   */
  changed(change: Change): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.change(change)
    })
  }

  /** Resolves when everything is written. */
  async quiet(): Promise<void> {
    if (this.#sent === undefined && !this.#hasWork) return
    await new Promise<void>((resolve) => {
      this.#onQuiet = resolve
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#retry.clear()
    this.#outage.clear()
    await this.#writing.close()
  }

  /** A commit that does not wait for the disk costs less than the way to a thread. */
  #open(): BatchWriter {
    const { path, survives } = this.#options
    const answered = (reply: Reply): void => this.#answered(reply)
    if (this.#options.open !== undefined) return this.#options.open(answered)
    if (survives === 'process') return new Writer({ path, survives }, answered)
    return new Thread<Batch, Reply>(
      'write',
      { path, survives },
      {
        answered,
        failed: (error) => this.#failed(error),
      },
    )
  }

  get #hasWork(): boolean {
    return !this.#packer.isEmpty || this.#changes.length > 0
  }

  #schedule(): void {
    if (this.#isDue || this.#sent !== undefined || this.#isClosed) return
    this.#isDue = true
    const restMs = this.#sentAt + GATHER_MS - performance.now()
    if (restMs > 0) setTimeout(() => this.#send(), restMs)
    else setImmediate(() => this.#send())
  }

  #send(): void {
    this.#isDue = false
    if (this.#isClosed || !this.#hasWork) return
    const [changes, waiting] = [this.#changes, this.#waiting]
    this.#changes = []
    this.#waiting = []
    this.#sent = { ...this.#packer.pack(changes), waiting }
    this.#sentAt = performance.now()
    this.#post()
  }

  #post(): void {
    if (this.#sent === undefined || this.#isClosed) return
    this.#writing.send(this.#sent.batch)
  }

  #answered(reply: Reply): void {
    const sent = this.#sent
    if (sent === undefined || reply.seq !== sent.batch.seq) return
    if (reply.error !== undefined) {
      this.#notWritten(reply.error)
      return
    }
    if (this.#failure !== undefined) {
      this.#failure = undefined
      this.#outage.clear()
      this.#options.logger.info({}, 'the file of the log can be written again')
    }
    this.#sent = undefined
    this.#busySince = undefined
    for (const { stream, last } of sent.streams) stream.written(last)
    for (const { resolve } of sent.waiting) resolve()
    this.#options.onWritten(sent.bytes)
    if (this.#hasWork) this.#schedule()
    else this.#onQuiet?.()
  }

  /** It is tried again, until it is written: nothing that viewers wait for is given up. */
  #notWritten(error: NonNullable<Reply['error']>): void {
    const { logger, maxOutageMs } = this.#options
    if (this.#isBusy(error.errcode)) {
      setTimeout(() => this.#post(), BUSY_MS)
      return
    }
    if (!this.isFailing) {
      this.#failure = new Error(error.message)
      this.#outage.setIn(maxOutageMs)
      logger.error({ ...error }, 'the file of the log cannot be written: runs wait, and new ones are refused')
    }
    this.#retry.setIn(RETRY_MS)
  }

  /** Whether the thread with the chores has the file, for milliseconds; if somebody has it for longer, it cannot be written. */
  #isBusy(errcode = 0): boolean {
    if ((errcode & 0xff) !== BUSY) return false
    const now = this.#options.clock.now()
    this.#busySince ??= now
    return now - this.#busySince < LONGEST_BUSY_MS
  }

  /** The thread is gone, and with it the way to the file. */
  #failed(error: Error): void {
    this.#options.logger.error({ err: error }, 'the thread that writes the log has ended')
    this.#failure = error
    this.#outage.setIn(0)
  }

  /** It has taken too long: nobody waits any more. */
  #giveUp(): void {
    const error = new StreamingError('connection_lost', 'The log cannot be written.', {
      cause: this.#failure,
    })
    const waiting = [...(this.#sent?.waiting.splice(0) ?? []), ...this.#waiting.splice(0)]
    for (const { reject } of waiting) reject(error)
    this.#options.onOutage(error)
  }
}
