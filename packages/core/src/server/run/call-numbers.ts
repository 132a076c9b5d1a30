import type { ToolCallPart } from '../../parts.ts'

interface OpenCall {
  readonly number: number
  /** Empty until a fragment has one. */
  id: string
}

/**
 * Gives each tool call of a stream a number of its own, the `index` of its events. A source's `index` is unique only
 * within one round of the provider, and some providers send every call at index 0.
 */
export class CallNumbers {
  #next = 0
  /** The calls of this round, by the source's index. */
  readonly #open = new Map<number, OpenCall>()

  /** The number of the call that a fragment belongs to. A new id at an index that has one begins a new call. */
  of({ index, id = '' }: Pick<ToolCallPart, 'index' | 'id'>): number {
    const open = this.#open.get(index)
    if (open === undefined || (id !== '' && open.id !== '' && id !== open.id)) {
      const number = this.#next++
      this.#open.set(index, { number, id })
      return number
    }
    open.id ||= id
    return open.number
  }

  /** The next fragments belong to calls that have not begun yet, whatever their index. */
  endRound(): void {
    this.#open.clear()
  }
}
