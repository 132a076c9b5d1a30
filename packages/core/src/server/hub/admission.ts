import { StreamingError } from '../../errors.ts'

/** How much a hub takes on. */
export interface HubLimits {
  /** Streams that run at once. @default 10_000 */
  readonly maxStreams?: number
  /** Streams that run at once for one owner. @default Infinity */
  readonly maxStreamsPerOwner?: number
  /** Viewers at once. @default 50_000 */
  readonly maxViewers?: number
}

/** Counts what runs, and refuses what is too much. */
export class Admission {
  readonly #maxStreams: number
  readonly #maxStreamsPerOwner: number
  readonly #maxViewers: number
  readonly #perOwner = new Map<string, number>()
  #streams = 0
  #viewers = 0

  constructor(limits: HubLimits = {}) {
    this.#maxStreams = limits.maxStreams ?? 10_000
    this.#maxStreamsPerOwner = limits.maxStreamsPerOwner ?? Number.POSITIVE_INFINITY
    this.#maxViewers = limits.maxViewers ?? 50_000
  }

  get streams(): number {
    return this.#streams
  }

  get viewers(): number {
    return this.#viewers
  }

  /**
   * Takes a place for a stream. Returns the way to give it back, which does so once.
   * @throws {StreamingError} `capacity` where the server has none left, `rate_limit` where the owner has not.
   */
  takeStream(owner: string | undefined): () => void {
    if (this.#streams >= this.#maxStreams)
      throw new StreamingError('capacity', undefined, { retryAfterMs: 1000 })
    const owned = owner === undefined ? 0 : (this.#perOwner.get(owner) ?? 0)
    if (owned >= this.#maxStreamsPerOwner) {
      throw new StreamingError('rate_limit', 'You have as many streams running as you may.', {
        retryAfterMs: 1000,
      })
    }
    this.#streams += 1
    if (owner !== undefined) this.#perOwner.set(owner, owned + 1)
    let isTaken = true
    return () => {
      if (!isTaken) return
      isTaken = false
      this.#streams -= 1
      if (owner === undefined) return
      const left = this.#perOwner.get(owner)! - 1
      if (left === 0) this.#perOwner.delete(owner)
      else this.#perOwner.set(owner, left)
    }
  }

  /**
   * Takes a place for a viewer, until {@link Admission.viewerLeft}.
   * @throws {StreamingError} `capacity`
   */
  takeViewer(): void {
    if (this.#viewers >= this.#maxViewers) {
      throw new StreamingError('capacity', 'This server has no room for another viewer.', {
        retryAfterMs: 1000,
      })
    }
    this.#viewers += 1
  }

  viewerLeft(): void {
    this.#viewers -= 1
  }
}
