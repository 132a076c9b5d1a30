/** How many viewers a plugin serves at once. */
export class Seats {
  readonly #max: number
  #taken = 0

  constructor(max: number) {
    this.#max = max
  }

  /** Takes a seat where there is one. */
  take(): boolean {
    if (this.#taken >= this.#max) return false
    this.#taken += 1
    return true
  }

  leave(): void {
    this.#taken -= 1
  }
}
