import type { ToolCallPart } from '../parts.ts'
import { type Fields, fieldsOf, textOf } from '../provider/fields.ts'

interface OpenCall {
  readonly index: number
  id: string | undefined
  isNamed: boolean
  hasArguments: boolean
}

/** The calls of functions and custom tools in one response, as its events tell of them. */
export class ResponseCalls {
  /** By `output_index`, which reasoning, messages and the provider's own tools have too; by the item's id if it is missing. */
  readonly #calls = new Map<unknown, OpenCall>()
  #count = 0

  get size(): number {
    return this.#count
  }

  /** The news in a call's item: its id and name the first time, and the arguments if no event has brought them. */
  takeItem(outputIndex: unknown, said: unknown): ToolCallPart | undefined {
    const item = fieldsOf(said)
    if (item?.type !== 'function_call' && item?.type !== 'custom_tool_call') return undefined
    const id = textOf(item.call_id) ?? textOf(item.id)
    const call = this.#callAt(outputIndex ?? item.id, id)
    const text = argumentsOf(item.type === 'function_call' ? item.arguments : item.input)
    const isNew = !call.isNamed
    const isMissing = !call.hasArguments && text !== undefined
    if (!isNew && !isMissing) return undefined
    call.isNamed = true
    call.id ??= id
    call.hasArguments ||= isMissing
    const name = textOf(item.name)
    return {
      type: 'tool_call',
      index: call.index,
      ...(isNew && id !== undefined && { id }),
      ...(isNew && name !== undefined && { name }),
      ...(isMissing && { arguments: text }),
    }
  }

  takeDelta({ output_index, item_id, delta }: Fields): ToolCallPart | undefined {
    const text = argumentsOf(delta)
    if (text === undefined) return undefined
    const call = this.#callAt(output_index ?? item_id)
    call.hasArguments = true
    return { type: 'tool_call', index: call.index, arguments: text }
  }

  /** The arguments at their end, of a server that sends no deltas of them. */
  takeWhole({ output_index, item_id, arguments: given, input }: Fields): ToolCallPart | undefined {
    const text = argumentsOf(given ?? input)
    const call = this.#callAt(output_index ?? item_id)
    if (call.hasArguments || text === undefined) return undefined
    call.hasArguments = true
    return { type: 'tool_call', index: call.index, arguments: text }
  }

  /** The call at a place. One with another id there is another call. */
  #callAt(place: unknown, id?: string): OpenCall {
    const known = this.#calls.get(place)
    if (known !== undefined && (id === undefined || known.id === undefined || known.id === id)) return known
    const call = { index: this.#count++, id: undefined, isNamed: false, hasArguments: false }
    this.#calls.set(place, call)
    return call
  }
}

/** JSON text, or what a custom tool takes. Some servers have it as an object. */
function argumentsOf(given: unknown): string | undefined {
  return typeof given === 'object' && given !== null ? JSON.stringify(given) : textOf(given)
}
