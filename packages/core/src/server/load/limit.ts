/** The bounds of a {@link Limit}. */
export interface LimitOptions {
  /** How many there may be at once, in all. @default Infinity */
  readonly max?: number
  /** How many there may be at once for one owner. Items without an owner count only in the total. @default Infinity */
  readonly maxPerOwner?: number
}

/** Which bound has been reached: that of all, or that of one owner. */
export type LimitReached = 'max' | 'maxPerOwner'

/**
 * Counts what there is at once of something, in all and for each owner, and refuses what is too much: streams, viewers,
 * connections. Each {@link Limit.take} that was granted needs one {@link Limit.release} with the same owner.
 */
export class Limit {
  readonly #max: number
  readonly #maxPerOwner: number
  /** Owners that have any. Not kept if nothing bounds them. */
  readonly #perOwner: Map<string, number> | undefined
  #taken = 0

  constructor({ max = Number.POSITIVE_INFINITY, maxPerOwner = Number.POSITIVE_INFINITY }: LimitOptions = {}) {
    this.#max = max
    this.#maxPerOwner = maxPerOwner
    this.#perOwner = maxPerOwner === Number.POSITIVE_INFINITY ? undefined : new Map()
  }

  /** How many there are. */
  get taken(): number {
    return this.#taken
  }

  /** Whether the next one would be refused. */
  get isReached(): boolean {
    return this.#taken >= this.#max
  }

  /** Takes one. Returns which bound refuses it, or `undefined` if it is granted. */
  take(owner?: string): LimitReached | undefined {
    if (this.isReached) return 'max'
    if (owner !== undefined && this.#perOwner !== undefined) {
      const owned = this.#perOwner.get(owner) ?? 0
      if (owned >= this.#maxPerOwner) return 'maxPerOwner'
      this.#perOwner.set(owner, owned + 1)
    }
    this.#taken += 1
    return undefined
  }

  /** Gives one back. */
  release(owner?: string): void {
    this.#taken -= 1
    if (owner === undefined || this.#perOwner === undefined) return
    const left = this.#perOwner.get(owner)! - 1
    if (left === 0) this.#perOwner.delete(owner)
    else this.#perOwner.set(owner, left)
  }
}
