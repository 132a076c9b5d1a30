import { callEach } from '../server/call-each.ts'
import { type Alarm, Clock } from '../server/clock.ts'

/** See {@link manualClock}. */
export class ManualClock extends Clock {
  readonly #time: { now: number }
  readonly #stepMs: number
  readonly #set = new Set<Alarm>()

  constructor(stepMs: number) {
    const time = { now: 0 }
    super(() => time.now)
    this.#time = time
    this.#stepMs = stepMs
  }

  override get size(): number {
    return this.#set.size
  }

  /**
   * Moves the time on by `ms`, and rings what becomes due on the way, in steps of `stepMs`: what a ring sets anew can
   * ring within the same call.
   */
  advance(ms: number): void {
    const until = this.#time.now + ms
    while (this.#time.now < until) {
      this.#time.now = Math.min(until, this.#time.now + this.#stepMs)
      this.#ringDue()
    }
  }

  /** As {@link ManualClock.advance}; after each step the event loop turns, so that what waits for a promise goes on. */
  async pass(ms: number): Promise<void> {
    const until = this.#time.now + ms
    while (this.#time.now < until) {
      this.advance(Math.min(this.#stepMs, until - this.#time.now))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** @internal */
  override arm(alarm: Alarm): void {
    this.#set.add(alarm)
  }

  /** @internal */
  override disarm(alarm: Alarm): void {
    this.#set.delete(alarm)
  }

  #ringDue(): void {
    const now = this.now()
    // An alarm that is set anew while others ring waits for the next step, or this one might never end.
    const due: Alarm[] = []
    for (const alarm of this.#set) if (alarm.at <= now) due.push(alarm)
    callEach(due, (alarm) => {
      if (alarm.at > now) return
      this.#set.delete(alarm)
      alarm.ring()
    })
  }
}

/**
 * A clock that a test moves: timeouts, stalls and expiry happen when the test says so, and at no other time. It begins
 * at 0.
 *
 * @example
 * const clock = manualClock()
 * const hub = createHub({ streams, log: memoryLog({ clock }), clock })
 * clock.advance(30_000)
 */
export function manualClock(options: { readonly stepMs?: number } = {}): ManualClock {
  return new ManualClock(options.stepMs ?? 100)
}
