import type { StreamRecord } from '@sluice/core/server'
import type { LogContext } from '../log-context.ts'
import { ADD_ENDED, REMOVE_ENDED } from '../scripts/index-keys.ts'

/** What a stream takes of Redis beside its events, in bytes. Without it a flood of tiny streams would count as nothing. */
export const BYTES_OF_STREAM = 6 * 1024

/** The part of a log that {@link EndedStreams} use. */
export interface ForgettingLog extends LogContext {
  forget(streamId: string): Promise<void>
}

/**
 * Bounds the bytes of the ended streams that an owner has in Redis: beyond it the oldest are forgotten. A stream stays
 * in the account until it is forgotten, also if its time to live is over: the oldest are the first to go in any case.
 */
export class EndedStreams {
  readonly #log: ForgettingLog

  constructor(log: ForgettingLog) {
    this.#log = log
  }

  /** A stream has ended, with this number of bytes of events. */
  async add({ owner, streamId }: StreamRecord, bytes: number): Promise<void> {
    if (owner === undefined) return
    const { connection, bounds } = this.#log
    const args = [`${bytes + BYTES_OF_STREAM}`, `${this.#log.memory.maxBytesPerOwner}`, `${bounds.ttlMs * 2}`]
    const forgotten = await connection.ask(ADD_ENDED, this.#keysOf(owner), [streamId, ...args])
    for (const oldest of forgotten as readonly string[]) await this.#log.forget(oldest)
  }

  /** A stream is forgotten. */
  async remove({ owner, streamId }: StreamRecord): Promise<void> {
    if (owner === undefined) return
    await this.#log.connection.ask(REMOVE_ENDED, this.#keysOf(owner), [streamId])
  }

  #keysOf(owner: string): readonly [string, string] {
    const { ended, sizes } = this.#log.keys.endedOf(owner)
    return [ended, sizes]
  }
}
