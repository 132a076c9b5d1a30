/** Something waits here until a test opens the gate; the test can wait for its arrival. */
export class Gate {
  readonly #arrival = Promise.withResolvers<void>()
  readonly #opening = Promise.withResolvers<void>()

  /** Resolves when something waits here. */
  get arrived(): Promise<void> {
    return this.#arrival.promise
  }

  /** Waits until the gate is open. */
  pass(): Promise<void> {
    this.#arrival.resolve()
    return this.#opening.promise
  }

  open(): void {
    this.#opening.resolve()
  }
}
