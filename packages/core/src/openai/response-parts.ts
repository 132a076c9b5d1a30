import type { OpenAI } from 'openai'
import { StreamingError } from '../errors.ts'
import type { Usage } from '../events.ts'
import type { ContentPart, FinishPart, ReasoningPart, ToolCallPart } from '../parts.ts'
import { openaiError } from './errors.ts'

type ResponseEvent = OpenAI.Responses.ResponseStreamEvent
type OutputItem = OpenAI.Responses.ResponseOutputItem
type CallItem = OpenAI.Responses.ResponseFunctionToolCall | OpenAI.Responses.ResponseCustomToolCall

/** What the Responses API's events become. */
export type ResponsePart = ContentPart | ReasoningPart | ToolCallPart | FinishPart

interface OpenCall {
  readonly index: number
  isNamed: boolean
  hasArguments: boolean
}

/** Turns the events of one response into parts. It keeps what a later event needs to know of an earlier one. */
export class ResponseParts {
  /** By `output_index`, where reasoning, messages and the provider's own tools have places too. */
  readonly #calls = new Map<number, OpenCall>()
  #reasoningPlace: string | undefined
  #isRefusal = false

  /**
   * The part that an event brings; most bring none.
   * @throws {StreamingError} for `error`, `response.failed` and a response that was cut by the content filter.
   */
  partOf(event: ResponseEvent): ResponsePart | undefined {
    switch (event.type) {
      case 'response.output_text.delta':
        return event.delta ? { type: 'content', content: event.delta } : undefined
      case 'response.refusal.delta':
        this.#isRefusal = true
        return event.delta ? { type: 'content', content: event.delta } : undefined
      case 'response.reasoning_text.delta':
        return this.#reasoning(event.delta, `${event.output_index}, text ${event.content_index}`)
      case 'response.reasoning_summary_text.delta':
        return this.#reasoning(event.delta, `${event.output_index}, summary ${event.summary_index}`)
      case 'response.output_item.added':
      case 'response.output_item.done':
        return isCall(event.item) ? this.#call(event.output_index, event.item) : undefined
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        return this.#arguments(event.output_index, event.delta)
      case 'response.completed':
        return finish(this.#reason(), event.response)
      case 'response.incomplete':
        return finish(cutReason(event.response), event.response)
      case 'response.failed':
        throw failure(event.response.error ?? undefined)
      case 'error':
        throw failure(event)
      default:
        return undefined
    }
  }

  #reason(): string {
    if (this.#isRefusal) return 'refusal'
    return this.#calls.size > 0 ? 'tool_calls' : 'stop'
  }

  #reasoning(delta: string, place: string): ReasoningPart | undefined {
    if (!delta) return undefined
    // A summary comes in several texts, each with a heading of its own: joined bare, they would run into each other.
    const gap = this.#reasoningPlace === undefined || this.#reasoningPlace === place ? '' : '\n\n'
    this.#reasoningPlace = place
    return { type: 'reasoning', content: gap + delta }
  }

  /** What a call's item tells that was not told yet: its name at first, and whatever had no event of its own. */
  #call(outputIndex: number, item: CallItem): ToolCallPart | undefined {
    const call = this.#openCall(outputIndex)
    const text = item.type === 'function_call' ? item.arguments : item.input
    const isNew = !call.isNamed
    const isMissing = !call.hasArguments && Boolean(text)
    if (!isNew && !isMissing) return undefined
    call.isNamed = true
    call.hasArguments ||= isMissing
    return {
      type: 'tool_call',
      index: call.index,
      ...(isNew && { id: item.call_id, name: item.name }),
      ...(isMissing && { arguments: text }),
    }
  }

  #arguments(outputIndex: number, delta: string): ToolCallPart | undefined {
    if (!delta) return undefined
    const call = this.#openCall(outputIndex)
    call.hasArguments = true
    return { type: 'tool_call', index: call.index, arguments: delta }
  }

  #openCall(outputIndex: number): OpenCall {
    const known = this.#calls.get(outputIndex)
    if (known !== undefined) return known
    const call = { index: this.#calls.size, isNamed: false, hasArguments: false }
    this.#calls.set(outputIndex, call)
    return call
  }
}

function isCall(item: OutputItem): item is CallItem {
  return item.type === 'function_call' || item.type === 'custom_tool_call'
}

function cutReason({ incomplete_details: details }: OpenAI.Responses.Response): string {
  if (details?.reason === 'content_filter') throw new StreamingError('content_filter')
  return details?.reason === 'max_output_tokens' ? 'length' : (details?.reason ?? 'incomplete')
}

function finish(finishReason: string, { usage }: OpenAI.Responses.Response): FinishPart {
  return { type: 'finish', finishReason, ...(usage && { usage: toUsage(usage) }) }
}

/** The `openai` client throws an `APIError` for most error events. Those that it lets through are read here. */
function failure(error: object | undefined): StreamingError {
  return openaiError({ ...error, error: error ?? {} })
}

function toUsage(usage: OpenAI.Responses.ResponseUsage): Usage {
  // Other servers that speak this wire leave the details out.
  const cached = usage.input_tokens_details?.cached_tokens
  const reasoning = usage.output_tokens_details?.reasoning_tokens
  return {
    input_tokens: usage.input_tokens,
    output_tokens: usage.output_tokens,
    total_tokens: usage.total_tokens,
    ...(cached === undefined ? {} : { cached_tokens: cached }),
    ...(reasoning === undefined ? {} : { reasoning_tokens: reasoning }),
  }
}
