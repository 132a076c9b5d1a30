import type { ToolCallPart } from './parts.ts'

interface OpenCall {
  /** The source's. */
  readonly index: number
  readonly number: number
  /** Empty until a fragment has one. */
  id: string
}

/**
 * Gives each tool call of a stream a unique number, the `index` of its events. A source's `index` is unique only
 * within one round of the provider, and some providers send every call at index 0.
 */
export class CallNumbers {
  #next = 0
  /** The calls that fragments may still come for, by the source's index. */
  readonly #open = new Map<number, OpenCall>()
  /** The latest call of each id, which its result belongs to. */
  readonly #byId = new Map<string, OpenCall>()

  /** The number of the call that a fragment belongs to. A new id at an index that has one begins a new call. */
  of({ index, id = '' }: Pick<ToolCallPart, 'index' | 'id'>): number {
    let call = this.#open.get(index)
    if (call === undefined || (id !== '' && call.id !== '' && id !== call.id)) {
      call = this.#begin(index)
      this.#open.set(index, call)
    }
    if (call.id === '' && id !== '') {
      call.id = id
      this.#byId.set(id, call)
    }
    return call.number
  }

  /** The number of the call that a result belongs to. A call that has its result takes no more fragments. */
  ofResult(id: string): number {
    const call = this.#byId.get(id) ?? this.#begin(Number.NaN)
    this.#byId.set(id, call)
    if (this.#open.get(call.index) === call) this.#open.delete(call.index)
    return call.number
  }

  /** The next fragments belong to calls that have not begun yet, whatever their index. */
  endRound(): void {
    this.#open.clear()
  }

  /** The events so far are void: later results do not belong to their calls. */
  restart(): void {
    this.endRound()
    this.#byId.clear()
  }

  #begin(index: number): OpenCall {
    return { index, number: this.#next++, id: '' }
  }
}
