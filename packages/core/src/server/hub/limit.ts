/**
 * Counts what exists at once, and refuses one more than `max`. With keys it counts each key for itself: a limit per owner.
 * A limit on all of them together has one key, which is left out.
 */
export class Limit<Key = void> {
  readonly #max: number
  readonly #taken = new Map<Key, number>()

  /** @param max - `Infinity`: no limit */
  constructor(max: number) {
    this.#max = max
  }

  /** How many exist. */
  taken(key: Key): number {
    return this.#taken.get(key) ?? 0
  }

  /** Counts one more, if there may be one more. Each that was taken is released once. */
  take(key: Key): boolean {
    const taken = this.taken(key)
    if (taken >= this.#max) return false
    this.#taken.set(key, taken + 1)
    return true
  }

  /** One of those that were taken is gone. */
  release(key: Key): void {
    const left = this.taken(key) - 1
    // Owners come and go: one that has none must not take memory.
    if (left > 0) this.#taken.set(key, left)
    else this.#taken.delete(key)
  }
}
