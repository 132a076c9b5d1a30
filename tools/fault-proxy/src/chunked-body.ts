const CR = 13
const LF = 10

/**
 * Follows a connection's answers byte by byte, to know the ends of the chunks of a chunked body (RFC 9112 §7.1): there
 * alone the body can be ended as if it were whole.
 */
export class ChunkedBody {
  /** It is no HTTP any more: a WebSocket. */
  isUpgraded = false
  #line = ''
  /** Bytes of the chunk, its line break included, that are yet to come; `undefined` outside a chunked body. */
  #left: number | undefined
  #isChunked = false

  /** Whether the next byte would begin a chunk. */
  get isBetweenChunks(): boolean {
    return this.#left === 0 && this.#line === ''
  }

  /** The next byte to the client. */
  take(byte: number): void {
    if (this.isUpgraded) return
    if (this.#left !== undefined && this.#left > 0) this.#left -= 1
    else if (byte !== LF) this.#line += byte === CR ? '' : String.fromCharCode(byte)
    else this.#endLine()
  }

  #endLine(): void {
    const line = this.#line
    this.#line = ''
    if (this.#left === undefined) this.#takeHeadLine(line)
    else if (line !== '') {
      const size = Number.parseInt(line, 16)
      // The last one: what follows is the end of the body, and then another answer's head.
      this.#left = size === 0 ? undefined : size + 2
      if (size === 0) this.#isChunked = false
    }
  }

  #takeHeadLine(line: string): void {
    if (line.startsWith('HTTP/1.1 101 ')) this.isUpgraded = true
    if (/^transfer-encoding: *chunked/i.test(line)) this.#isChunked = true
    if (line === '' && this.#isChunked) this.#left = 0
  }
}
