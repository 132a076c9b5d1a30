import { abortable } from '../network/abortable.ts'

/** The events between a session and its one consumer, none lost, in order. */
export class EventQueue<E> {
  /** Whether the consumer has left its loop. */
  isClosed = false
  readonly #limit: number
  readonly #onProcessed: (event: E) => void
  #events: E[] = []
  #hasEnded = false
  #error: Error | null = null
  #onEvent = () => {}
  #onSpace = () => {}

  /** `onProcessed` is called with an event when the consumer asks for the next one. */
  constructor(limit: number, onProcessed: (event: E) => void) {
    this.#limit = Math.max(1, limit)
    this.#onProcessed = onProcessed
  }

  /** How many events wait. */
  get length(): number {
    return this.#events.length
  }

  /** Whether the queue is full, and no more should be read. */
  get isFull(): boolean {
    return this.#events.length >= this.#limit
  }

  push(event: E): void {
    if (this.isClosed) return
    this.#events.push(event)
    this.#onEvent()
  }

  /** Nothing more will come. Waiting events are still delivered; then the consumer's loop ends, or throws. */
  end(error: Error | null): void {
    this.#hasEnded = true
    this.#error = error
    this.#onEvent()
  }

  /** Resolves when half of the limit is free again: one by one it would be a change of state per event. */
  space(signal: AbortSignal): Promise<void> {
    return abortable(signal, (resolve) => {
      this.#onSpace = resolve
      return () => {
        this.#onSpace = () => {}
      }
    })
  }

  /** The consumer's side. */
  async *consume(): AsyncGenerator<E, void, undefined> {
    try {
      while (true) {
        while (this.#events.length > 0) {
          const event = this.#events.shift()!
          if (this.#events.length * 2 <= this.#limit) this.#onSpace()
          yield event
          this.#onProcessed(event)
        }
        if (this.#hasEnded) break
        await new Promise<void>((resolve) => {
          this.#onEvent = resolve
        })
      }
    } finally {
      this.isClosed = true
      this.#events = []
      this.#onSpace()
    }
    if (this.#error !== null) throw this.#error
  }
}
