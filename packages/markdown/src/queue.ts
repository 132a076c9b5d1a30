/** Text that waits to be shown, taken from the front in pieces of any length without copying the rest. */
export class TextQueue {
  readonly #chunks: string[] = []
  #head = 0
  #offset = 0
  /** Characters that wait. */
  length = 0

  push(text: string): void {
    if (text === '') return
    this.#chunks.push(text)
    this.length += text.length
  }

  /** At most `count` characters, never half of a surrogate pair. */
  take(count: number): string {
    let out = ''
    while (out.length < count && this.#head < this.#chunks.length) {
      const chunk = this.#chunks[this.#head]!
      let end = this.#offset + count - out.length
      const unit = chunk.charCodeAt(end - 1)
      if (end < chunk.length && unit >= 0xd800 && unit <= 0xdbff) end++
      out += chunk.slice(this.#offset, end)
      if (end < chunk.length) this.#offset = end
      else {
        this.#head++
        this.#offset = 0
      }
    }
    this.length -= out.length
    // The chunks that are done go in one piece now and then: shifting each would move the others every time.
    if (this.#head === this.#chunks.length || this.#head > 1024) {
      this.#chunks.splice(0, this.#head)
      this.#head = 0
    }
    return out
  }

  clear(): void {
    this.#chunks.length = 0
    this.#head = this.#offset = this.length = 0
  }
}
