import {
  callOutputItem,
  functionCallItem,
  messageItem,
  type ResponsesBody,
  serverCallItem,
} from './bodies.ts'
import { callsWithoutResult, resultForNoCall } from './calls.ts'
import type { OnlyInBody } from './parsed.ts'
import type { AssistantMessage, ChatMessage, ChatToolCall, TextPart, UserPart } from './types.ts'
import { validValue } from './validation.ts'

type Item = Exclude<ResponsesBody['input'], string | undefined>[number]
type Content = ReturnType<typeof messageOf>['content']
type ContentPart = Exclude<Content, string>[number]

/** The items of a response's input, as the messages of a chat completion. */
export interface InputMessages {
  readonly messages: ChatMessage[]
  /** Items, and parts of them, for which Chat Completions have no form. */
  readonly onlyInBody: readonly OnlyInBody[]
}

/**
 * The input of a response as messages, with its instructions before them.
 *
 * @param isWhole whether the input is the whole conversation: then each result has to belong to a call in it
 * @throws {StreamingError} that names the item that is wrong
 */
export function inputMessages(
  { input, instructions }: Pick<ResponsesBody, 'input' | 'instructions'>,
  { isWhole }: { readonly isWhole: boolean },
): InputMessages {
  const messages: ChatMessage[] = []
  if (instructions !== undefined) messages.push({ role: 'system', content: instructions })
  if (typeof input === 'string') messages.push({ role: 'user', content: input })
  const reader = new ItemReader(messages)
  if (Array.isArray(input)) for (const [at, item] of input.entries()) reader.take(item, at)
  if (isWhole) reader.checkCalls()
  return { messages, onlyInBody: reader.onlyInBody }
}

class ItemReader {
  readonly onlyInBody: OnlyInBody[] = []
  readonly #messages: ChatMessage[]
  readonly #waiting = new Set<string>()
  readonly #calls = new Set<string>()
  /** The places of results that came before their calls, or that have none. */
  readonly #stray: { readonly id: string; readonly param: string }[] = []

  constructor(messages: ChatMessage[]) {
    this.#messages = messages
  }

  take(item: Item, at: number): void {
    switch (item.type) {
      case undefined:
      case null:
      case 'message':
        this.#message(messageOf(item, at), at)
        return
      case 'function_call':
      case 'custom_tool_call':
        this.#call(item, at)
        return
      case 'function_call_output':
      case 'custom_tool_call_output':
        this.#result(item, at)
        return
      case 'mcp_call':
        this.#serverCall(item, at)
        return
      case 'reasoning':
        // It means something to the provider that wrote it only, and that has it in its own messages.
        return
      default:
        this.#onlyInBody(`input[${at}].type`, item.type)
    }
  }

  checkCalls(): void {
    const [stray] = this.#stray
    if (stray !== undefined) throw resultForNoCall(stray.param, stray.id)
    if (this.#waiting.size > 0) throw callsWithoutResult('input', this.#waiting)
  }

  #message({ role, content }: ReturnType<typeof messageOf>, at: number): void {
    if (role === 'user')
      this.#messages.push({ role, content: this.#userContent(content, `input[${at}].content`) })
    else if (role === 'assistant') this.#messages.push({ role, content: assistantContent(content) })
    else this.#messages.push({ role, content: textContent(content) })
  }

  #call(item: Item, at: number): void {
    const {
      type,
      call_id: id,
      name,
      arguments: text,
      input,
    } = validValue(functionCallItem, item, ['input', at])
    this.#calls.add(id)
    this.#waiting.add(id)
    this.#addCall(
      type === 'function_call'
        ? { id, type: 'function', function: { name, arguments: text ?? '' } }
        : { id, type: 'custom', custom: { name, input: input ?? '' } },
    )
  }

  #result(item: Item, at: number): void {
    const { call_id: id, output } = validValue(callOutputItem, item, ['input', at])
    if (!this.#calls.has(id)) this.#stray.push({ id, param: `input[${at}].call_id` })
    this.#waiting.delete(id)
    this.#messages.push({ role: 'tool', tool_call_id: id, content: textContent(output) })
  }

  /** A call that the server made in an earlier answer, which the client gives back. */
  #serverCall(item: Item, at: number): void {
    const call = validValue(serverCallItem, item, ['input', at])
    const { id, name, arguments: text, output, error } = call
    this.#addCall({ id, type: 'function', function: { name, arguments: text } })
    const content = output ?? (typeof error === 'string' ? error : JSON.stringify(error ?? ''))
    this.#messages.push({ role: 'tool', tool_call_id: id, content })
  }

  /** Calls of one answer are one message, behind its text. */
  #addCall(call: ChatToolCall): void {
    const last = this.#messages.at(-1)
    if (last?.role === 'assistant') last.tool_calls = [...(last.tool_calls ?? []), call]
    else this.#messages.push({ role: 'assistant', content: null, tool_calls: [call] })
  }

  #userContent(content: Content, place: string): string | UserPart[] {
    if (typeof content === 'string') return content
    return content.flatMap((part, at) => {
      const converted = userPart(part)
      if (converted === undefined) this.#onlyInBody(`${place}[${at}]`, part.type)
      return converted ?? []
    })
  }

  #onlyInBody(param: string, type: string): void {
    this.onlyInBody.push({
      name: 'input',
      param,
      message: `Unsupported value: '${type}' is not supported with this model.`,
    })
  }
}

function messageOf(item: Item, at: number) {
  return validValue(messageItem, item, ['input', at])
}

function userPart(part: ContentPart): UserPart | undefined {
  switch (part.type) {
    case 'input_image': {
      const { image_url: url, detail } = part as { readonly image_url?: unknown; readonly detail?: unknown }
      if (typeof url !== 'string') return undefined
      const known = detail === 'auto' || detail === 'low' || detail === 'high' ? { detail } : {}
      return { type: 'image_url', image_url: { url, ...known } } as UserPart
    }
    case 'input_file': {
      const { file_data, file_id, filename } = part as Readonly<Record<string, unknown>>
      if (typeof file_data !== 'string' && typeof file_id !== 'string') return undefined
      const file = Object.entries({ file_data, file_id, filename }).filter(
        ([, value]) => typeof value === 'string',
      )
      return { type: 'file', file: Object.fromEntries(file) }
    }
    case 'input_audio':
      return { type: 'input_audio', input_audio: part.input_audio } as UserPart
    case 'refusal':
      return { type: 'text', text: part.refusal }
    default:
      return { type: 'text', text: part.text }
  }
}

function assistantContent(content: Content): Exclude<AssistantMessage['content'], undefined | null> {
  if (typeof content === 'string') return content
  return content.flatMap((part) => {
    if (part.type === 'refusal') return { type: 'refusal' as const, refusal: part.refusal }
    return textPart(part) ?? []
  })
}

function textContent(content: Content): string | TextPart[] {
  return typeof content === 'string' ? content : content.flatMap((part) => textPart(part) ?? [])
}

function textPart(part: ContentPart): TextPart | undefined {
  return 'text' in part && typeof part.text === 'string' ? { type: 'text', text: part.text } : undefined
}
