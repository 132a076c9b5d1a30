import { StreamingError } from '@sluice/core'
import { type Alarm, type Clock, encodeEvent, type Restarter, type RestartPlan } from '@sluice/core/server'
import type { StreamRow } from './database/rows.ts'
import type { SqliteWriter } from './sqlite-writer.ts'

/** How long a stream waits for a hub that restarts it, and how often it asks, in milliseconds. */
const WAIT_MS = 30_000
const ASK_MS = 1_000

/** Options of {@link Orphans}. */
export interface OrphansOptions {
  readonly clock: Clock
  /** Creates a stream in the place of another, with its key. */
  readonly succeed: (orphan: SqliteWriter, plan: RestartPlan) => Promise<SqliteWriter>
}

/**
 * The streams that ran in a process that has died. They end with `producer_lost`; if their definition asks for it, another
 * stream begins in their place as soon as there is a hub.
 */
export class Orphans {
  readonly #options: OrphansOptions
  readonly #asking: Alarm
  readonly #waiting = new Map<SqliteWriter, RestartPlan>()
  readonly #until: number
  #restarter: Restarter | undefined

  constructor(options: OrphansOptions) {
    this.#options = options
    this.#asking = options.clock.alarm(() => this.#ask())
    this.#until = options.clock.now() + WAIT_MS
  }

  /** Takes a stream that ran as the last process ended. */
  add(orphan: SqliteWriter, { plan, successor }: StreamRow): void {
    // The process died between the two steps of a restart.
    if (successor !== undefined) end(orphan, restartedAs(successor))
    else if (plan === undefined || plan.restarts >= plan.maxRestarts) end(orphan, producerLost())
    else this.#wait(orphan, plan)
  }

  #wait(orphan: SqliteWriter, plan: RestartPlan): void {
    this.#waiting.set(orphan, plan)
    this.#asking.setIn(WAIT_MS)
    orphan.setProducer({
      cancel: (reason) => {
        if (!this.#waiting.delete(orphan)) return
        begin(orphan)
        orphan.end(encodeEvent(orphan.next, { type: 'stream_cancelled', reason }))
      },
      progressed() {},
      fail() {},
    })
  }

  /** There is a hub. It is asked a little later: it is still being made. */
  restartWith(restarter: Restarter): void {
    this.#restarter = restarter
    if (this.#waiting.size > 0) this.#asking.setIn(0)
  }

  stop(): void {
    this.#asking.clear()
    this.#waiting.clear()
  }

  #ask(): void {
    const isLate = this.#options.clock.now() >= this.#until
    for (const [orphan, plan] of this.#waiting) {
      if (this.#restarter?.accepts(orphan.record)) {
        this.#waiting.delete(orphan)
        void this.#restart(orphan, plan, this.#restarter)
      } else if (isLate) {
        this.#waiting.delete(orphan)
        end(orphan, producerLost())
      }
    }
    if (this.#waiting.size > 0) this.#asking.setIn(ASK_MS)
  }

  async #restart(
    orphan: SqliteWriter,
    { checkpoint, ...plan }: RestartPlan,
    restarter: Restarter,
  ): Promise<void> {
    try {
      const next = { ...plan, restarts: plan.restarts + 1, checkpoint }
      const successor = await this.#options.succeed(orphan, next)
      // At once: a stream that has a producer and no run would never end.
      restarter.restart(successor, next)
      end(orphan, restartedAs(successor.record.streamId))
    } catch {
      // The file cannot be written. The next process finds the stream as it is.
      end(orphan, producerLost())
    }
  }
}

function producerLost(): StreamingError {
  return new StreamingError('producer_lost')
}

function restartedAs(streamId: string): StreamingError {
  return new StreamingError('producer_lost', undefined, { context: { restarted_as: streamId } })
}

function end(orphan: SqliteWriter, error: StreamingError): void {
  begin(orphan)
  orphan.end(encodeEvent(orphan.next, { type: 'stream_error', ...error.toWire() }))
}

/** Its process may have died before the file had even its first event. Its readers learn from that which stream it is. */
function begin(orphan: SqliteWriter): void {
  if (orphan.next > 1) return
  const { streamId, stream, createdAt } = orphan.record
  orphan.append(encodeEvent(1, { type: 'stream_start', stream_id: streamId, stream, created_at: createdAt }))
}
