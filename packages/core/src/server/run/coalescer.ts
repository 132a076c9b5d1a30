import type { Alarm, Clock } from '../clock.ts'

/** How small deltas are joined before they are appended. */
export interface CoalesceOptions {
  /** Deltas in one event. @default Infinity */
  readonly maxChunks?: number
  /** Text in one event, in UTF-16 code units, which for most text are bytes. @default 8_192 */
  readonly maxBytes?: number
  /** How long a delta may wait for more, in milliseconds. @default 50 */
  readonly maxDelayMs?: number
}

/** The events that text comes in. */
export type TextEventType = 'content_chunk' | 'reasoning_chunk'

/**
 * Joins small deltas into larger events: fewer of them to keep and to send, for a delay that is bounded. The first
 * delta never waits.
 */
export class Coalescer {
  readonly #maxChunks: number
  readonly #maxBytes: number
  readonly #maxDelayMs: number
  readonly #append: (type: TextEventType, text: string) => void
  readonly #due: Alarm
  #type: TextEventType = 'content_chunk'
  #text = ''
  #chunks = 0
  #isFirst = true

  constructor(options: CoalesceOptions, clock: Clock, append: (type: TextEventType, text: string) => void) {
    this.#maxChunks = options.maxChunks ?? Number.POSITIVE_INFINITY
    this.#maxBytes = options.maxBytes ?? 8192
    this.#maxDelayMs = options.maxDelayMs ?? 50
    this.#append = append
    this.#due = clock.alarm(() => this.flush())
  }

  add(type: TextEventType, text: string): void {
    if (this.#isFirst) {
      this.#isFirst = false
      this.#append(type, text)
      return
    }
    if (type !== this.#type) this.flush()
    this.#type = type
    this.#text += text
    this.#chunks += 1
    if (this.#chunks >= this.#maxChunks || this.#text.length >= this.#maxBytes) this.flush()
    else if (this.#chunks === 1) this.#due.setIn(this.#maxDelayMs)
  }

  /** Appends what waits: something follows that must come after it. */
  flush(): void {
    const text = this.#text
    this.drop()
    if (text !== '') this.#append(this.#type, text)
  }

  /** Forgets what waits, and what came before it: it has been made void, and the next delta is a first one again. */
  restart(): void {
    this.drop()
    this.#isFirst = true
  }

  /** Forgets what waits: it has been made void. */
  drop(): void {
    this.#due.clear()
    this.#text = ''
    this.#chunks = 0
  }
}
