import { StreamingError } from '@sluice/core'
import type { Alarm } from '@sluice/core/server'
import { creationOf } from './creation.ts'
import type { RedisWriter } from './redis-writer.ts'
import type { Store } from './store.ts'
import { CREATE } from './writing-scripts.ts'

const FIRST_DELAY_MS = 50
const LONGEST_DELAY_MS = 1000

/**
 * How a producer goes on when it cannot be certain what Redis has: it asks until it gets an answer, and appends what
 * is missing from its own memory. History stays as it is; where that is not possible, the run ends.
 */
export class Recovery {
  readonly #store: Store
  readonly #writer: RedisWriter
  readonly #again: Alarm
  #since: number | undefined
  #delayMs = FIRST_DELAY_MS
  #isAsking = false

  constructor(store: Store, writer: RedisWriter) {
    this.#store = store
    this.#writer = writer
    this.#again = store.clock.alarm(() => void this.#ask())
  }

  get isUnderWay(): boolean {
    return this.#since !== undefined
  }

  begin(): void {
    if (this.#since === undefined) {
      this.#since = this.#store.clock.now()
      this.#delayMs = FIRST_DELAY_MS
      this.#store.meter.recoveries += 1
    }
    void this.#ask()
  }

  /** What was in the way may be gone. */
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
    } else if (reply.is === 'gone' && !this.#store.stoodStillSince(this.#writer.answeredAt)) {
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
    await this.#store.connection.run(CREATE, [keys.meta], creationOf(this.#store, this.#writer, beginning))
    if (this.#since === undefined) return
    this.end()
    this.#writer.restoredAt(firstKept - 1)
  }

  #wait(): void {
    if (this.#since === undefined) return
    if (this.#store.clock.now() - this.#since > this.#store.bounds.maxOutageMs) {
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
