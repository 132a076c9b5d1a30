import { StreamingError } from '@sluice/core'

/** How many of the latest ids are remembered. Ids from a counter, or random ones, are never repeated. */
const KNOWN = 256

/** The requests of a connection: each has a unique id, and the number of open ones is limited. */
export class RequestIds {
  readonly #maxPending: number
  readonly #known = new Set<string>()
  #pending = 0

  constructor(maxPending: number) {
    this.#maxPending = maxPending
  }

  /** How many are not answered yet. */
  get pending(): number {
    return this.#pending
  }

  /**
   * Begins a request; {@link RequestIds.end} ends it when it is answered.
   * @throws {StreamingError} `invalid_request` if the id was used before, `rate_limit` if too many are open.
   */
  begin(id: string): void {
    if (this.#known.has(id)) {
      const message = 'was used before on this connection'
      const issues = [{ path: ['request_id'], message }]
      throw new StreamingError('invalid_request', `request_id: ${message}.`, { issues })
    }
    if (this.#pending >= this.#maxPending) {
      throw new StreamingError('rate_limit', 'Too many requests of this connection are not answered yet.')
    }
    this.#known.add(id)
    if (this.#known.size > KNOWN) this.#known.delete(this.#known.values().next().value!)
    this.#pending += 1
  }

  end(): void {
    this.#pending -= 1
  }
}
