import { Buffer } from 'node:buffer'
import type { CopiedStep } from '../delivery/viewer.ts'

const FIRST_BYTES = 256
const QUOTE = 0x22

/** Joins the JSON strings of text events, for a translator that needs their text. */
export class CopiedText {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES)
  #length = 0
  #count = 0

  /** Adds a JSON string: the bytes from `start` to `end`, its quotes included. */
  add(json: Buffer, start: number, end: number): void {
    const needed = this.#length + end - start + 2
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(needed * 2)
      this.#bytes.copy(larger, 0, 0, this.#length)
      this.#bytes = larger
    }
    if (this.#length === 0) this.#bytes[this.#length++] = QUOTE
    this.#length += json.copy(this.#bytes, this.#length, start + 1, end - 1)
    this.#count += 1
  }

  /** What was added since; `undefined`: nothing. */
  take(): CopiedStep | undefined {
    if (this.#count === 0) return undefined
    this.#bytes[this.#length] = QUOTE
    const text = JSON.parse(this.#bytes.toString('utf8', 0, this.#length + 1)) as string
    const taken = { copied: text, messages: this.#count }
    this.#bytes = Buffer.allocUnsafe(FIRST_BYTES)
    this.#length = 0
    this.#count = 0
    return taken
  }
}
