/** What a {@link Watchdog} does when it hears nothing. */
export interface WatchdogOptions {
  /** Asks for a sign of life. `false`: there is nobody yet whom one could ask. */
  readonly ask: () => boolean
  /** It is dead. */
  readonly onDead: () => void
}

/** What is assumed until the server has said it, in milliseconds. */
const PING_INTERVAL_MS = 15_000

/** Silence for longer than the server's interval is asked about; when nothing comes even then, the line is dead. */
export class Watchdog {
  readonly #options: WatchdogOptions
  #intervalMs = PING_INTERVAL_MS
  #seenAt = performance.now()
  #isAsked = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: WatchdogOptions) {
    this.#options = options
    this.#watch()
  }

  /** Something has come. */
  seen(): void {
    this.#seenAt = performance.now()
    this.#isAsked = false
  }

  /** So often the server says something, at the latest. */
  expectEvery(intervalMs: number): void {
    this.#intervalMs = intervalMs
    this.#watch()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #watch(): void {
    clearTimeout(this.#timer)
    const patienceMs = this.#intervalMs * (this.#isAsked ? 2 : 1.5)
    const silentMs = performance.now() - this.#seenAt
    this.#timer = setTimeout(() => this.#look(patienceMs), Math.max(0, patienceMs - silentMs))
  }

  #look(patienceMs: number): void {
    const isSilent = performance.now() - this.#seenAt >= patienceMs
    if (isSilent && (this.#isAsked || !this.#options.ask())) {
      this.#options.onDead()
      return
    }
    this.#isAsked = isSilent
    this.#watch()
  }
}
