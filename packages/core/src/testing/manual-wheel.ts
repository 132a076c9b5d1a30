import { Wheel } from '../server/wheel.ts'

/** So long that the wheel's own timer never ticks: the longest that Node's timers take (2³¹ - 1 ms). */
const NEVER_MS = 2 ** 31 - 1

/** See {@link manualWheel}. */
export class ManualWheel extends Wheel {
  readonly #clock: { now: number }
  readonly #stepMs: number

  constructor(stepMs: number) {
    const clock = { now: 0 }
    super({ tickMs: NEVER_MS, now: () => clock.now })
    this.#clock = clock
    this.#stepMs = stepMs
  }

  /**
   * Moves the clock on by `ms`, and rings what becomes due on the way, in steps as short as a real wheel's ticks:
   * what a ring sets anew can ring within the same call.
   */
  advance(ms: number): void {
    const until = this.#clock.now + ms
    while (this.#clock.now < until) {
      this.#clock.now = Math.min(until, this.#clock.now + this.#stepMs)
      this.tick()
    }
  }

  /** As {@link ManualWheel.advance}; after each step the event loop turns, so that what waits for a promise goes on. */
  async pass(ms: number): Promise<void> {
    const until = this.#clock.now + ms
    while (this.#clock.now < until) {
      this.advance(Math.min(this.#stepMs, until - this.#clock.now))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

/**
 * A wheel whose clock a test moves: timeouts, stalls and expiry happen when the test says so, and at no other time.
 * It begins at 0.
 *
 * @example
 * const wheel = manualWheel()
 * const hub = createHub({ streams, log: memoryLog({ wheel }), wheel })
 * wheel.advance(30_000)
 */
export function manualWheel(options: { readonly stepMs?: number } = {}): ManualWheel {
  return new ManualWheel(options.stepMs ?? 100)
}
