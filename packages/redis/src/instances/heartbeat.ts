import type { Alarm } from '@sluice/core/server'
import type { LogContext } from '../log-context.ts'
import type { RedisReader } from '../read/redis-reader.ts'
import { NOTE_LEASES } from '../scripts/index-keys.ts'
import type { RedisWriter } from '../write/redis-writer.ts'
import type { Epoch } from './epoch.ts'
import type { Reaper } from './reaper.ts'

/** The options of a {@link Heartbeat}: the writers, readers, epoch and leases that it keeps alive. */
export interface HeartbeatOptions {
  readonly context: LogContext
  readonly writers: () => Iterable<RedisWriter>
  readonly readers: () => Iterable<RedisReader>
  readonly epoch: Epoch
  readonly reaper: Reaper
}

/** Three times per lease: renews what runs here, asks about what is read here, and looks for the dead. */
export class Heartbeat {
  readonly #options: HeartbeatOptions
  readonly #everyMs: number
  readonly #alarm: Alarm
  readonly #deadline: Alarm
  #beatAt: number
  #stoodStillAt = Number.NEGATIVE_INFINITY
  #isBeating = false

  constructor(options: HeartbeatOptions) {
    const { clock, bounds, connection } = options.context
    this.#options = options
    this.#everyMs = bounds.leaseMs / 3
    this.#beatAt = clock.now()
    this.#alarm = clock.alarm(() => this.#beat())
    this.#deadline = clock.alarm(() => {
      // If it was this process that stood still, the answer has come and is about to be read.
      setImmediate(() => {
        if (this.#isBeating) connection.replace()
      })
    })
    this.#alarm.setIn(this.#everyMs)
  }

  /** Whether this process stood still for a lease (suspended, starved) after `time`, on the clock's clock. */
  stoodStillSince(time: number): boolean {
    this.#noticeStandstill()
    return this.#stoodStillAt > time
  }

  stop(): void {
    this.#alarm.clear()
    this.#deadline.clear()
  }

  #noticeStandstill(): void {
    const { clock, bounds } = this.#options.context
    const now = clock.now()
    if (now - this.#beatAt > bounds.leaseMs) this.#stoodStillAt = now
  }

  #beat(): void {
    const { context, reaper } = this.#options
    this.#noticeStandstill()
    const now = context.clock.now()
    if (now - this.#beatAt > this.#everyMs * 2) reaper.startOver()
    this.#beatAt = now
    this.#alarm.setIn(this.#everyMs)
    for (const reader of [...this.#options.readers()]) reader.giveUp(context.bounds.maxOutageMs)
    // One that has had no answer yet is what the next would be.
    if (this.#isBeating) return
    this.#isBeating = true
    this.#deadline.setIn(Math.max(context.bounds.leaseMs, context.bounds.commandTimeoutMs))
    this.#ask()
      .then(() => {
        // Redis stood still, and nobody could renew: the dead are those who have not done so a lease from now.
        if (context.clock.now() - now > this.#everyMs) reaper.startOver()
        return reaper.look()
      })
      .catch(() => reaper.startOver())
      .finally(() => {
        this.#isBeating = false
        this.#deadline.clear()
      })
  }

  async #ask(): Promise<void> {
    const { context, writers, readers, epoch } = this.#options
    const { connection, keys, bounds } = context
    const running = [...writers()].filter(({ isOpen }) => isOpen)
    for (const writer of running) writer.renew(this.#everyMs / 2)
    const ids = running.map(({ record }) => record.streamId)
    const noted =
      ids.length === 0 ? undefined : connection.run(NOTE_LEASES, [keys.leases], [`${bounds.leaseMs}`, ...ids])
    const probes = [...readers()].map((reader) => reader.probe(this.#everyMs))
    const asked = [connection.probe(), epoch.look(), noted, ...probes]
    // One that is given up early must not hide that another has no answer: that is what the deadline is for.
    await Promise.allSettled(asked)
    await Promise.all(asked)
  }
}
