import type { LogContext } from '../log-context.ts'
import { BOUND_TOMBSTONES, RELEASE } from '../scripts/index-keys.ts'

/** The value of an idempotency key whose start was cancelled before it came. No stream id has a space. */
export const REFUSED = ' refused'

/** For one owner: a flood of one owner must not push out the keys of another. */
export const MAX_REFUSED_KEYS_PER_OWNER = 100
/** For all clients without an owner together. */
export const MAX_REFUSED_KEYS_WITHOUT_OWNER = 10_000
/** In all, about 25 MB of Redis: an attacker may be able to make any number of owners. */
export const MAX_REFUSED_KEYS = 100_000

/**
 * Bounds the cancelled keys: anyone may cancel keys that never come. At a bound the oldest are forgotten, those of the
 * owner who asks, or of all. Lists of names, each in a slot of its own, so they may be out of step with the keys for a
 * moment; they expire as the keys do.
 */
export class Tombstones {
  readonly #context: LogContext

  constructor(context: LogContext) {
    this.#context = context
  }

  /** A key was cancelled. `name` is its name in Redis. */
  async added(name: string, owner: string | undefined): Promise<void> {
    const { keys } = this.#context
    const maxOfOwner = owner === undefined ? MAX_REFUSED_KEYS_WITHOUT_OWNER : MAX_REFUSED_KEYS_PER_OWNER
    await Promise.all([
      this.#bound(keys.refusedOf(owner), name, maxOfOwner),
      this.#bound(keys.refused, name, MAX_REFUSED_KEYS),
    ])
  }

  async #bound(list: string, name: string, max: number): Promise<void> {
    const { connection, bounds } = this.#context
    const forgotten = await connection.ask(
      BOUND_TOMBSTONES,
      [list],
      [name, `${max}`, `${bounds.refusedTtlMs}`],
    )
    await Promise.all(
      (forgotten as readonly string[]).map((key) => connection.ask(RELEASE, [key], [REFUSED])),
    )
  }
}
