import { StreamingError } from '../../errors.ts'
import { Limit } from '../load/limit.ts'

/** How much a hub takes on. */
export interface HubLimits {
  /** Streams that run at once. @default 10_000 */
  readonly maxStreams?: number
  /** Streams that run at once for one owner. @default Infinity */
  readonly maxStreamsPerOwner?: number
  /** Viewers at once. @default 50_000 */
  readonly maxViewers?: number
}

/** When somebody whom the hub has refused for lack of space may ask again, in milliseconds. */
export const RETRY_AFTER_MS = 1000

/** Refuses streams and viewers beyond the hub's limits. */
export class Admission {
  readonly #streams: Limit
  readonly #viewers: Limit

  constructor({
    maxStreams = 10_000,
    maxStreamsPerOwner = Number.POSITIVE_INFINITY,
    maxViewers = 50_000,
  }: HubLimits = {}) {
    this.#streams = new Limit({ max: maxStreams, maxPerOwner: maxStreamsPerOwner })
    this.#viewers = new Limit({ max: maxViewers })
  }

  get streams(): number {
    return this.#streams.taken
  }

  get viewers(): number {
    return this.#viewers.taken
  }

  /**
   * Admits a stream. Returns the function that ends its admission, which does so once.
   * @throws {StreamingError} `capacity` if the server has as many as it may, `rate_limit` if the owner has.
   */
  takeStream(owner: string | undefined): () => void {
    const reached = this.#streams.take(owner)
    if (reached === 'max') throw new StreamingError('capacity', undefined, { retryAfterMs: RETRY_AFTER_MS })
    if (reached === 'maxPerOwner') {
      throw new StreamingError('rate_limit', 'You have as many streams running as you may.', {
        retryAfterMs: RETRY_AFTER_MS,
      })
    }
    let isTaken = true
    return () => {
      if (isTaken) this.#streams.release(owner)
      isTaken = false
    }
  }

  /**
   * Admits a viewer, until {@link Admission.viewerLeft}.
   * @throws {StreamingError} `capacity`
   */
  takeViewer(): void {
    if (this.#viewers.take() === undefined) return
    throw new StreamingError('capacity', 'This server has no room for another viewer.', {
      retryAfterMs: RETRY_AFTER_MS,
    })
  }

  viewerLeft(): void {
    this.#viewers.release()
  }
}
