import type { Delays } from './delays.ts'

/** One answer as a client sees it. */
export class Answer {
  /** How many tokens have come in order. */
  tokens: number
  /** Whether none was missing, came twice or came too early. */
  isInOrder = true
  isEnded = false
  /** How another client finds it: its path over HTTP, its `stream_id` over WebSocket. */
  name = ''
  readonly #delays: Delays
  readonly #attached = Promise.withResolvers<void>()
  readonly #begun = Promise.withResolvers<void>()
  readonly #over = Promise.withResolvers<void>()

  /** @param after how many tokens another connection has brought already */
  constructor(delays: Delays, after = 0) {
    this.tokens = after
    this.#delays = delays
    // Not everybody waits for them.
    this.attached.catch(() => {})
    this.begun.catch(() => {})
  }

  /** Resolves when the server has begun to answer; rejects when it will not. */
  get attached(): Promise<void> {
    return this.#attached.promise
  }

  /** Resolves when a token has come; rejects when none will. */
  get begun(): Promise<void> {
    return this.#begun.promise
  }

  /** Resolves when it has come to its end, or its connection has. */
  get over(): Promise<void> {
    return this.#over.promise
  }

  attach(): void {
    this.#attached.resolve()
  }

  token(number: number, madeAtUs: number): void {
    if (number === this.tokens + 1) this.tokens = number
    else this.isInOrder = false
    this.#delays.add(madeAtUs)
    this.#begun.resolve()
  }

  end(): void {
    this.isEnded = true
    this.close()
  }

  /** The connection has gone. */
  close(reason = 'The connection has gone.'): void {
    this.#attached.reject(new Error(reason))
    this.#begun.reject(new Error(reason))
    this.#over.resolve()
  }
}
