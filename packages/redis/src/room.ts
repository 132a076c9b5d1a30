/** Who waits for a process to have room again. */
export interface Roomless {
  onRoom(): void
}

/** What all streams of a process hold together, and who waits because that is at its bound. */
export class Room {
  readonly #maxBytes: number
  readonly #waiting = new Set<Roomless>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  get isFull(): boolean {
    return this.#bytes >= this.#maxBytes
  }

  /** So many bytes more are held, or fewer. */
  account(bytes: number): void {
    this.#bytes += bytes
    if (bytes > 0 || this.#waiting.size === 0 || this.isFull) return
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const each of waiting) queueMicrotask(() => each.onRoom())
  }

  wait(who: Roomless): void {
    this.#waiting.add(who)
  }

  forget(who: Roomless): void {
    this.#waiting.delete(who)
  }
}
