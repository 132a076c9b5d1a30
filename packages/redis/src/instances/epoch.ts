import { randomBytes } from 'node:crypto'
import { slotOf, tagOnShard, tagsOfShards } from '../connection/slots.ts'
import type { LogContext } from '../log-context.ts'

const TAG = 'epoch'

/**
 * Whether Redis has lost everything not long ago: a mark that it is given once is another one then. In a Cluster each
 * shard has one, since each may lose what it has. Producers write running streams again within a lease; until
 * then, what is missing may only be missing yet.
 */
export class Epoch {
  readonly #context: LogContext
  readonly #marks = new Map<string, string>()
  /** By the mark's key, on the clock's clock. */
  readonly #lostAt = new Map<string, number>()

  constructor(context: LogContext) {
    this.#context = context
  }

  /** Looks at all marks: only a known mark shows that a later one is another. */
  async look(): Promise<void> {
    const { keys, connection } = this.#context
    const tags = connection.slots === undefined ? [TAG] : tagsOfShards(TAG, connection.slots)
    await Promise.all(tags.map((tag) => this.#lookAt(keys.epoch(tag))))
  }

  /** Looks; resolves to whether a stream that is missing may come back. */
  async isNewFor(streamId: string): Promise<boolean> {
    const { connection, keys, clock, bounds } = this.#context
    const { slots } = connection
    const key = keys.epoch(slots === undefined ? TAG : tagOnShard(TAG, slotOf(streamId), slots))
    await this.#lookAt(key)
    return clock.now() - (this.#lostAt.get(key) ?? Number.NEGATIVE_INFINITY) < bounds.leaseMs
  }

  async #lookAt(key: string): Promise<void> {
    const { connection, clock } = this.#context
    const mark = randomBytes(9).toString('base64url')
    const found = ((await connection.command(key, ['SET', key, mark, 'NX', 'GET'])) as string | null) ?? mark
    const known = this.#marks.get(key)
    if (known !== undefined && found !== known) this.#lostAt.set(key, clock.now())
    this.#marks.set(key, found)
  }
}
