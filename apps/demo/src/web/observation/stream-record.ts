import type { Mark } from './mark.ts'

/** Marks that are kept: minutes of an answer, also a fast one. */
const MAX_MARKS = 4_000

/** The marks of one stream, oldest first. */
export class StreamRecord {
  readonly #onChange: () => void
  readonly #marks: Mark[] = []
  /** When the server created it, by the server's clock; only the first event says so. */
  createdAt: number | null = null

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  get marks(): readonly Mark[] {
    return this.#marks
  }

  add(mark: Mark): void {
    this.#marks.push(mark)
    if (this.#marks.length > MAX_MARKS) this.#marks.splice(0, MAX_MARKS / 4)
    this.#onChange()
  }
}
