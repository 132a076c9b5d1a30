import { nowUs } from '../clock.ts'

const FIRST_CAPACITY = 65_536

/** How long tokens took from production to receipt, in milliseconds. */
export class Delays {
  #all = new Float64Array(FIRST_CAPACITY)
  #count = 0
  #nowUs = 0

  get count(): number {
    return this.#count
  }

  get all(): Float64Array {
    return this.#all.subarray(0, this.#count)
  }

  /** Tokens added from here on have been received now: one read of a socket brought them together. */
  readNow(): void {
    this.#nowUs = nowUs()
  }

  add(madeAtUs: number): void {
    if (this.#count === this.#all.length) {
      const all = new Float64Array(2 * this.#count)
      all.set(this.#all)
      this.#all = all
    }
    this.#all[this.#count++] = (this.#nowUs - madeAtUs) / 1000
  }

  clear(): void {
    this.#count = 0
  }
}
