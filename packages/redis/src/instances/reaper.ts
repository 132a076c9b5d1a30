import { StreamingError } from '@sluice/core'
import type { LogContext } from '../log-context.ts'
import { recordOf } from '../read/stream-state.ts'
import { DUE_LEASES, NOTE_LEASES } from '../scripts/index-keys.ts'
import { REAP } from '../scripts/writing.ts'
import { orphanEnd } from './orphan-end.ts'
import type { Succession } from './succession.ts'

const MAX_DUE = 100

/**
 * Ends the streams of producers that are gone, or has them begin anew. It may be wrong about nobody who lives: when
 * Redis was away, everyone's lease is over, so it acts only after Redis has answered it, in time, for a whole lease
 * period.
 */
export class Reaper {
  readonly #context: LogContext
  readonly #succession: Succession
  #answeredSince: number

  constructor(context: LogContext, succession: Succession) {
    this.#context = context
    this.#succession = succession
    this.#answeredSince = context.clock.now()
  }

  /** Redis, or this process, was away: the others may not have been able to renew. */
  startOver(): void {
    this.#answeredSince = this.#context.clock.now()
  }

  async look(): Promise<void> {
    const { connection, keys, clock, bounds } = this.#context
    const askedAt = clock.now()
    if (askedAt - this.#answeredSince < bounds.leaseMs) return
    const reply = await connection.run(DUE_LEASES, [keys.leases], [`${MAX_DUE}`])
    if (clock.now() - askedAt > bounds.leaseMs / 3) return this.startOver()
    const [lookedAt, ...due] = reply as [number, ...string[]]
    for (const streamId of due) await this.#reap(streamId, `${lookedAt}`)
  }

  /** @param lookedAt - when it was found, on the clock of Redis: a producer that could renew until then, and did not, is dead */
  async #reap(streamId: string, lookedAt: string): Promise<void> {
    const { connection, keys, meter } = this.#context
    const verdict = await this.#succession.of(streamId, lookedAt)
    if (verdict === 'leave') return
    const left = verdict === 'end' ? await this.#end(streamId, lookedAt) : verdict
    if (left === 0) meter.leaseExpiries += 1
    // An append renews the lease without the set, which may be on another shard.
    if (left > 0) await connection.run(NOTE_LEASES, [keys.leases], [`${left}`, streamId])
    else await connection.command(keys.leases, ['ZREM', keys.leases, streamId])
  }

  /** Answers with what is left of its lease. */
  async #end(streamId: string, lookedAt: string): Promise<number> {
    const { connection, keys, bounds, instanceId } = this.#context
    const { meta, log, channel } = keys.of(streamId)
    const record = await connection.command(meta, ['HGET', meta, 'record'])
    if (record === null) return -1
    const events = orphanEnd(recordOf(record as string), new StreamingError('producer_lost'))
    const args = [lookedAt, `reaped by ${instanceId}`, ...events, `${bounds.endedTtlMs}`, channel]
    return (await connection.run(REAP, [meta, log], [...args, connection.publishCommand])) as number
  }
}
