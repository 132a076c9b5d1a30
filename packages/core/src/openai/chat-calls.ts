import type { ToolCallPart } from '../parts.ts'
import { type Fields, fieldsOf, indexOf, kindOf, textOf } from '../provider/fields.ts'

interface OpenCall {
  /** Its place among the calls of this answer. */
  readonly index: number
  id: string | undefined
  name: string | undefined
  arguments: string
  /** Further fields that the provider sends with the call and expects back, such as Gemini's `extra_content`. */
  extra: unknown
}

/** A tool call as it stands in an assistant's message. */
export interface ChatToolCall {
  readonly id?: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
}

/**
 * Joins the fragments of tool calls. OpenAI numbers the calls; others leave the number out, or give each call the same
 * one. A fragment belongs to the call with its id, else to the one with its number, else to the last one. One that
 * brings a name and an id, or a name and no number, begins a call.
 */
export class ChatCalls {
  readonly #calls: OpenCall[] = []
  /** The newest call with each of the provider's numbers. */
  readonly #byNumber = new Map<number, OpenCall>()
  readonly #byId = new Map<string, OpenCall>()

  /** The calls so far, in the form in which the next request has to repeat them. */
  get calls(): readonly ChatToolCall[] {
    return this.#calls.map(({ id, name = '', arguments: text, extra }) => ({
      ...(id === undefined ? {} : { id }),
      type: 'function',
      function: { name, arguments: text },
      ...(extra === undefined ? {} : { extra_content: extra }),
    }))
  }

  /**
   * The part that a fragment brings.
   * @throws {string} what is wrong with it
   */
  take(fragment: unknown): ToolCallPart | undefined {
    const fields = fieldsOf(fragment)
    // Fragments that are null fill the places of calls that have nothing new.
    if (fields === undefined) return undefined
    const { name, text } = readFunction(fields)
    return this.#add(indexOf(fields.index), idOf(fields.id), name, text, fields.extra_content)
  }

  /** The part of the single call that the API had before there were several: `function_call`. */
  takeLegacy(call: Fields): ToolCallPart {
    const { name, text } = readFunction({ function: call })
    const isNew = this.#calls.length === 0
    return this.#add(0, undefined, isNew ? name : undefined, text, undefined)
  }

  /** Gives each call without an id one: without it a call could have no result. */
  nameAll(): readonly ToolCallPart[] {
    const parts: ToolCallPart[] = []
    for (const call of this.#calls) {
      if (call.id !== undefined) continue
      call.id = `call_${crypto.randomUUID()}`
      parts.push({ type: 'tool_call', index: call.index, id: call.id })
    }
    return parts
  }

  #add(
    number: number | undefined,
    id: string | undefined,
    name: string | undefined,
    text: string | undefined,
    extra: unknown,
  ): ToolCallPart {
    const known = this.#find(number, id, name)
    const call = known ?? {
      index: this.#calls.length,
      id: undefined,
      name: undefined,
      arguments: '',
      extra: undefined,
    }
    if (known === undefined) this.#calls.push(call)
    if (number !== undefined) this.#byNumber.set(number, call)
    const part = {
      type: 'tool_call' as const,
      index: call.index,
      ...(id !== undefined && call.id === undefined && { id }),
      ...(name !== undefined && call.name === undefined && { name }),
      ...(text !== undefined && { arguments: text }),
    }
    if (id !== undefined && call.id === undefined) {
      call.id = id
      this.#byId.set(id, call)
    }
    call.name ??= name
    call.arguments += text ?? ''
    call.extra ??= extra
    return part
  }

  #find(number: number | undefined, id: string | undefined, name: string | undefined): OpenCall | undefined {
    const withId = id === undefined ? undefined : this.#byId.get(id)
    if (withId !== undefined) return withId
    if (number === undefined) return name === undefined ? this.#calls.at(-1) : undefined
    const withNumber = this.#byNumber.get(number)
    // A new id with a name is another call. Without one it is the same call: some servers make up an id each time.
    const isAnother = id !== undefined && name !== undefined && withNumber?.id !== undefined
    return isAnother ? undefined : withNumber
  }
}

function readFunction({ function: called }: Fields): {
  readonly name: string | undefined
  readonly text: string | undefined
} {
  const { name, arguments: given } = fieldsOf(called) ?? {}
  return { name: textOf(name), text: argumentsOf(given) }
}

function idOf(said: unknown): string | undefined {
  return typeof said === 'number' ? String(said) : textOf(said)
}

/** Arguments are JSON text. Ollama's own format, and what imitates it, has them as an object. */
function argumentsOf(given: unknown): string | undefined {
  if (given === null || given === undefined) return undefined
  if (typeof given === 'string') return textOf(given)
  if (typeof given === 'object') return JSON.stringify(given)
  throw `has a tool call whose arguments are ${kindOf(given)}`
}
