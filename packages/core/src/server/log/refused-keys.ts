/** A key that was cancelled before its start came. */
interface RefusedKey {
  readonly owner: string | undefined
  /** When it is forgotten, on the clock of the log. */
  readonly until: number
}

/** In all. Anyone may cancel keys that never come, so the list of them is bounded. */
export const MAX_REFUSED_KEYS = 10_000
/** For one owner: a flood of one owner must not push out the keys of another. */
export const MAX_REFUSED_KEYS_PER_OWNER = 100

/**
 * The idempotency keys whose start is refused when it comes, each for the same time. At a bound the oldest key of an
 * owner is forgotten: that of the owner who asks, or in all that of the owner with the most.
 */
export class RefusedKeys {
  /** In the order in which they are forgotten. */
  readonly #keys = new Map<string, RefusedKey>()
  readonly #byOwner = new Map<string | undefined, Set<string>>()

  /** When the next key is forgotten; `Infinity`: there is none. */
  get next(): number {
    for (const { until } of this.#keys.values()) return until
    return Number.POSITIVE_INFINITY
  }

  has(key: string): boolean {
    return this.#keys.has(key)
  }

  /** Adds a key. `until` is at least that of the key before. */
  add(key: string, owner: string | undefined, until: number): void {
    this.#delete(key)
    const owned = this.#byOwner.get(owner)
    if (owner !== undefined && owned !== undefined && owned.size >= MAX_REFUSED_KEYS_PER_OWNER) {
      this.#deleteOldest(owned)
    }
    if (this.#keys.size >= MAX_REFUSED_KEYS) this.#deleteOldest(this.#most())
    this.#keys.set(key, { owner, until })
    const keys = this.#byOwner.get(owner)
    if (keys === undefined) this.#byOwner.set(owner, new Set([key]))
    else keys.add(key)
  }

  /** Forgets the keys whose time is over. */
  forget(now: number): void {
    for (const [key, { until }] of this.#keys) {
      if (until > now) return
      this.#delete(key)
    }
  }

  clear(): void {
    this.#keys.clear()
    this.#byOwner.clear()
  }

  #most(): Set<string> {
    let most: Set<string> = new Set()
    for (const keys of this.#byOwner.values()) if (keys.size > most.size) most = keys
    return most
  }

  #deleteOldest(keys: ReadonlySet<string>): void {
    for (const key of keys) {
      this.#delete(key)
      return
    }
  }

  #delete(key: string): void {
    const refused = this.#keys.get(key)
    if (refused === undefined) return
    this.#keys.delete(key)
    const owned = this.#byOwner.get(refused.owner)!
    owned.delete(key)
    if (owned.size === 0) this.#byOwner.delete(refused.owner)
  }
}
