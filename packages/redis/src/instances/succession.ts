import { randomBytes } from 'node:crypto'
import { StreamingError } from '@sluice/core'
import type { Restarter, RestartPlan, StreamRecord } from '@sluice/core/server'
import type { LogContext } from '../log-context.ts'
import { recordOf } from '../read/stream-state.ts'
import { ORPHAN } from '../scripts/reading.ts'
import { RELIEVE, TAKE } from '../scripts/writing.ts'
import type { RedisWriter } from '../write/redis-writer.ts'
import { orphanEnd } from './orphan-end.ts'

/** The part of a log that a {@link Succession} uses. */
export interface SucceedingLog extends LogContext {
  readonly restarter: Restarter | undefined
  /** Creates a stream in the place of another, with its key; `undefined` if another instance has done so. */
  succeed(record: StreamRecord, plan: RestartPlan, predecessorId: string): Promise<RedisWriter | undefined>
}

/**
 * The decision about an orphan: `end`, the reaper ends it; `leave`, another instance may take it later; or a number, as
 * `REAP` returns it: the milliseconds that its lease still lasts, -1 if the stream is gone or has ended, 0 if it was
 * handled here.
 */
export type Verdict = 'end' | 'leave' | number

/**
 * Begins anew the streams of dead producers, if their definition asks for it. It goes in three steps,
 * because the two streams may be on two servers: an instance takes the old one, for a lease, with the id of the new
 * one; creates that, unless it is there; and ends the old one, naming it. If an instance dies between two steps, it is followed
 * by another instance, which finds the same id; the instance that creates the new stream runs it.
 */
export class Succession {
  readonly #log: SucceedingLog

  constructor(log: SucceedingLog) {
    this.#log = log
  }

  /** @param lookedAt - when its lease was found to be over, in milliseconds on the clock of Redis */
  async of(streamId: string, lookedAt: string): Promise<Verdict> {
    const { connection, keys, bounds, restarter, instanceId, meter } = this.#log
    const { meta, log, channel } = keys.of(streamId)
    const orphan = orphanOf(await connection.run(ORPHAN, [meta], [lookedAt]))
    if (orphan === undefined) return 'end'
    const { record, plan, leftMs } = orphan
    if (leftMs > 0) return leftMs
    if (restarter === undefined || !restarter.accepts(record)) {
      // For a lease it is left to those who do; then it ends.
      return -leftMs < bounds.leaseMs ? 'leave' : 'end'
    }
    const token = `taken by ${instanceId} ${randomBytes(9).toString('base64url')}`
    const newId = randomBytes(16).toString('base64url')
    const taken = await connection.run(TAKE, [meta], [lookedAt, token, newId, `${bounds.leaseMs}`])
    if (typeof taken === 'number') return taken
    const [successorId, checkpoint] = taken as [string, string]
    const successor = await this.#log.succeed(
      { ...record, streamId: successorId, createdAt: Date.now() },
      { ...plan, restarts: plan.restarts + 1, checkpoint: checkpoint === '' ? undefined : checkpoint },
      streamId,
    )
    if (successor !== undefined) {
      meter.restarts += 1
      // At once: a stream that has a producer and no run would never end.
      restarter.restart(successor, successor.plan!)
    }
    const error = new StreamingError('producer_lost', undefined, { context: { restarted_as: successorId } })
    const args = [
      token,
      ...orphanEnd(record, error),
      `${bounds.endedTtlMs}`,
      channel,
      connection.publishCommand,
    ]
    const cancel = (await connection.run(RELIEVE, [meta, log], args)) as string
    if (cancel !== '') successor?.cancel(cancel)
    return 0
  }
}

interface Orphan {
  readonly record: StreamRecord
  readonly leftMs: number
  readonly plan: RestartPlan
}

/** `undefined`: it may not begin anew. */
function orphanOf(reply: unknown): Orphan | undefined {
  if (reply === null) return undefined
  const [record, leftMs, isCancelled, input, restarts, maxRestarts] = reply as [
    string,
    number,
    number,
    string,
    string,
    string,
  ]
  const plan = {
    input,
    restarts: Number(restarts),
    maxRestarts: Number(maxRestarts),
    checkpoint: undefined,
  }
  if (input === '' || isCancelled === 1 || plan.restarts >= plan.maxRestarts) return undefined
  return { record: recordOf(record), leftMs, plan }
}
