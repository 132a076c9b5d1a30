import { StreamingError } from '@sluice/core'

/** How many of the latest are known. Ids that are taken from a counter, or at random, never come again. */
const KNOWN = 256

/** The requests of a connection: each has its own id, and the number of open ones is limited. */
export class RequestIds {
  readonly #maxPending: number
  readonly #known = new Set<string>()
  #pending = 0

  constructor(maxPending: number) {
    this.#maxPending = maxPending
  }

  /** How many have no answer yet. */
  get pending(): number {
    return this.#pending
  }

  /**
   * A request has come; {@link RequestIds.end} when it is answered.
   * @throws {StreamingError} `invalid_request` if the id was used before, `rate_limit` if too many are open.
   */
  begin(id: string): void {
    if (this.#known.has(id)) {
      const message = 'was used before on this connection'
      const issues = [{ path: ['request_id'], message }]
      throw new StreamingError('invalid_request', `request_id: ${message}.`, { issues })
    }
    if (this.#pending >= this.#maxPending) {
      throw new StreamingError('rate_limit', 'Too many requests of this connection wait for their answer.')
    }
    this.#known.add(id)
    if (this.#known.size > KNOWN) this.#known.delete(this.#known.values().next().value!)
    this.#pending += 1
  }

  end(): void {
    this.#pending -= 1
  }
}
