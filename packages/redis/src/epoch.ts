import { randomBytes } from 'node:crypto'
import type { Store } from './store.ts'

/**
 * Whether Redis has lost everything not long ago: a mark that it is given once is another one then. What runs is
 * written again by its producers within a lease; until then, what is missing may only be missing yet.
 */
export class Epoch {
  readonly #store: Store
  #mark: string | undefined
  #lostAt = Number.NEGATIVE_INFINITY

  constructor(store: Store) {
    this.#store = store
  }

  /** Looks; resolves to whether streams that are missing may come back. */
  async isNew(): Promise<boolean> {
    const { connection, keys, wheel, bounds } = this.#store
    const mark = randomBytes(9).toString('base64url')
    const found = (await connection.command(keys.epoch, ['SET', keys.epoch, mark, 'NX', 'GET'])) ?? mark
    if (this.#mark !== undefined && found !== this.#mark) this.#lostAt = wheel.now()
    this.#mark = found as string
    return wheel.now() - this.#lostAt < bounds.leaseMs
  }
}
