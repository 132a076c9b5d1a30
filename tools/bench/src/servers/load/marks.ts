const ALPHABET = 256

/**
 * Finds several marks in a sequence of bytes at once, however it is cut into pieces (Aho and Corasick, 1975): one
 * lookup in a table for each byte. No mark may be a part of another one.
 */
export class Marks {
  readonly #next: Uint16Array
  /** Which mark ends in a state; -1: none. */
  readonly #found: Int8Array

  constructor(marks: readonly Uint8Array[]) {
    const states = 1 + marks.reduce((sum, mark) => sum + mark.length, 0)
    const next = new Uint16Array(states * ALPHABET)
    const found = new Int8Array(states).fill(-1)
    let last = 0
    for (const [index, mark] of marks.entries()) {
      let state = 0
      for (const byte of mark) {
        const to = state * ALPHABET + byte
        if (next[to] === 0) next[to] = ++last
        state = next[to]!
      }
      found[state] = index
    }
    this.#next = next
    this.#found = found
    this.#fallBack()
  }

  /** The state after a byte; 0 is the first. */
  step(state: number, byte: number): number {
    return this.#next[state * ALPHABET + byte]!
  }

  /** The index of the mark that ends in a state; -1: none. */
  found(state: number): number {
    return this.#found[state]!
  }

  /** If a mark does not continue, another may: in the state of its longest suffix that is the prefix of a mark. */
  #fallBack(): void {
    const next = this.#next
    const fallback = new Map<number, number>()
    const queue: number[] = []
    for (let byte = 0; byte < ALPHABET; byte++) if (next[byte] !== 0) queue.push(next[byte]!)
    for (const state of queue) {
      const back = (fallback.get(state) ?? 0) * ALPHABET
      for (let byte = 0; byte < ALPHABET; byte++) {
        const to = next[state * ALPHABET + byte]!
        if (to === 0) next[state * ALPHABET + byte] = next[back + byte]!
        else {
          fallback.set(to, next[back + byte]!)
          queue.push(to)
        }
      }
    }
  }
}
