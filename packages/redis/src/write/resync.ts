import { StreamingError } from '@sluice/core'
import type { Alarm } from '@sluice/core/server'
import type { StreamKeys } from '../find/keys.ts'
import type { LogContext } from '../log-context.ts'
import { CREATE } from '../scripts/writing.ts'
import { type CreatedStream, creationOf } from './creation.ts'
import type { Elsewhere, WriterReply } from './writer-reply.ts'

const FIRST_DELAY_MS = 50
const LONGEST_DELAY_MS = 1000

/** The stream whose producer goes on. */
export interface ResyncedStream extends CreatedStream {
  readonly keys: StreamKeys
  readonly isQuiet: boolean
  /** The lowest chunk_id that this process still has. */
  readonly firstKept: number
  readonly last: number
  /** When Redis last answered, on the clock's clock. */
  readonly answeredAt: number
  askState(): Promise<WriterReply>
  goOnFrom(last: number, elsewhere: Elsewhere | undefined): void
  confirm(last: number): void
  cancel(reason: string): void
  restoring(): Promise<void>
  restoredAt(last: number): void
  lose(error: StreamingError): void
}

/**
 * How a producer goes on when it cannot be certain what Redis has: it asks until it gets an answer, and appends what
 * is missing from its own memory. History stays as it is; if that is not possible, the run ends.
 */
export class Resync {
  readonly #context: LogContext
  readonly #writer: ResyncedStream
  readonly #again: Alarm
  #since: number | undefined
  /** Since when no append was confirmed, though it asked and went on. */
  #troubledSince: number | undefined
  #delayMs = FIRST_DELAY_MS
  #isAsking = false

  constructor(context: LogContext, writer: ResyncedStream) {
    this.#context = context
    this.#writer = writer
    this.#again = context.clock.alarm(() => void this.#ask())
  }

  get isUnderWay(): boolean {
    return this.#since !== undefined
  }

  begin(): void {
    if (this.#since !== undefined) {
      void this.#ask()
      return
    }
    this.#since = this.#context.clock.now()
    this.#context.meter.recoveries += 1
    if (this.#troubledSince === undefined) {
      this.#troubledSince = this.#since
      this.#delayMs = FIRST_DELAY_MS
      void this.#ask()
    } else {
      // It has asked before, and nothing was confirmed since: not at once.
      this.#wait()
    }
  }

  /** An append was confirmed: what was wrong is over. */
  progressed(): void {
    this.#troubledSince = undefined
  }

  /** An append has its answer: if the question waited for that, it is asked now. */
  answered(): void {
    if (this.isUnderWay && this.#again.at === Number.POSITIVE_INFINITY) void this.#ask()
  }

  /** The obstacle may be gone. */
  hurry(): void {
    if (this.isUnderWay) void this.#ask()
  }

  end(): void {
    this.#since = undefined
    this.#again.clear()
  }

  async #ask(): Promise<void> {
    // An append under way may still change what the answer would be; its own answer leads here again.
    if (this.#isAsking || !this.#writer.isQuiet || this.#since === undefined) return
    this.#isAsking = true
    this.#again.clear()
    try {
      await this.#goOn()
    } catch {
      this.#wait()
    } finally {
      this.#isAsking = false
    }
  }

  async #goOn(): Promise<void> {
    const reply = await this.#writer.askState()
    if (this.#since === undefined) return
    if (reply.is === 'ok') {
      const { last, elsewhere } = reply
      if (last < this.#writer.firstKept - 1) {
        this.#lose('connection_lost', 'Redis lost a part of the answer that is nowhere else.')
        return
      }
      this.end()
      this.#writer.goOnFrom(last, elsewhere)
      if (reply.cancel !== '') this.#writer.cancel(reply.cancel)
    } else if (reply.is === 'ended') {
      this.end()
      this.#writer.confirm(reply.last)
    } else if (reply.is === 'gone' && !this.#context.stoodStillSince(this.#writer.answeredAt)) {
      await this.#restore()
    } else {
      this.#lose('producer_lost')
    }
  }

  async #restore(): Promise<void> {
    const { keys, firstKept, last } = this.#writer
    const beginning = { first: firstKept, last: firstKept - 1, goal: last }
    await this.#writer.restoring()
    if (this.#since === undefined) return
    await this.#context.connection.run(
      CREATE,
      [keys.meta, keys.log],
      creationOf(this.#context, this.#writer, beginning),
    )
    if (this.#since === undefined) return
    this.end()
    this.#writer.restoredAt(firstKept - 1)
  }

  #wait(): void {
    if (this.#since === undefined) return
    if (this.#context.clock.now() - this.#troubledSince! > this.#context.bounds.maxOutageMs) {
      this.#lose('connection_lost', 'The log was away for too long.')
      return
    }
    this.#again.setIn(this.#delayMs)
    this.#delayMs = Math.min(this.#delayMs * 2, LONGEST_DELAY_MS)
  }

  #lose(type: 'producer_lost' | 'connection_lost', message?: string): void {
    this.end()
    this.#writer.lose(new StreamingError(type, message))
  }
}
