/** Gets the fields that the parser of an event stream finds. */
export interface EventStreamListener {
  /** An event's data, its lines joined. */
  onData(data: string): void
  /** A `retry` field, in milliseconds. */
  onRetry(retryMs: number): void
}

/**
 * Parses an event stream (WHATWG HTML §9.2.6), as much of it as this protocol uses: `data` and `retry`. Our events
 * have one type, and their number stands in their JSON, so `event` and `id` are read over like fields that nobody
 * knows. A parser of the whole would weigh three times as much, a fifth of what a page may spend on the client.
 */
export class EventStreamParser {
  readonly #listener: EventStreamListener
  /** The line that has not ended. */
  #line = ''
  #data: string | undefined
  /** The last chunk ended in CR: an LF at the start of the next one belongs to it. */
  #isAfterCr = false

  constructor(listener: EventStreamListener) {
    this.#listener = listener
  }

  /** How much waits for its end, in UTF-16 units. */
  get pending(): number {
    return this.#line.length + (this.#data?.length ?? 0)
  }

  /** The next piece, decoded and without a byte order mark. It may be cut anywhere. */
  feed(piece: string): void {
    if (piece === '') return
    const lines = piece.split(piece.includes('\r') ? /\r\n?|\n/ : '\n')
    if (this.#isAfterCr && piece.startsWith('\n')) lines.shift()
    this.#isAfterCr = piece.endsWith('\r')
    // Only what is new is searched for its end: a long line in small pieces would else take time by its square.
    lines[0] = this.#line + lines[0]
    this.#line = lines.pop()!
    for (const line of lines) this.#take(line)
  }

  #take(line: string): void {
    if (line === '') {
      const data = this.#data
      this.#data = undefined
      if (data !== undefined) this.#listener.onData(data)
    } else if (line.startsWith('data:') || line === 'data') {
      const value = valueFrom(line, 5)
      this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`
    } else if (line.startsWith('retry:')) {
      const value = valueFrom(line, 6)
      if (/^\d+$/.test(value)) this.#listener.onRetry(Number(value))
    }
  }
}

/** The value after the colon, without one leading space. */
function valueFrom(line: string, start: number): string {
  return line.slice(line[start] === ' ' ? start + 1 : start)
}
