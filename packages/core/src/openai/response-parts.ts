import { StreamingError } from '../errors.ts'
import type { ContentPart, FilePart, FinishPart, ReasoningPart, SourcePart, ToolCallPart } from '../parts.ts'
import { type Fields, fieldsOf, textOf } from '../provider/fields.ts'
import { inlineFileOf, sourceOf } from '../provider/sources.ts'
import { openaiError } from './errors.ts'
import { ResponseCalls } from './response-calls.ts'
import { toUsage } from './usage.ts'

/** The parts that the events of the Responses API are converted to. */
export type ResponsePart = ContentPart | ReasoningPart | ToolCallPart | SourcePart | FilePart | FinishPart

/** The kinds of text that come in deltas. */
type TextKind = 'text' | 'reasoning'

/**
 * Turns the events of one response into parts. It keeps what a later event needs to know of an earlier one: text comes
 * in deltas, and again whole in the events that end a text, an item and the response. It is taken from the first of
 * them that has it, because some servers send only one of them.
 */
export class ResponseParts {
  readonly #calls = new ResponseCalls()
  #reasoningPlace: string | undefined
  #isRefusal = false
  /** Deltas of a kind have come since its text was last whole. */
  readonly #isOpen: Record<TextKind, boolean> = { text: false, reasoning: false }
  /** Text of a kind has come since an item of that kind was last whole. */
  readonly #isInItem: Record<TextKind, boolean> = { text: false, reasoning: false }
  /** Text of a kind has come. */
  readonly #isSaid: Record<TextKind, boolean> = { text: false, reasoning: false }

  /**
   * Puts the parts that an event brings behind those that are there; most bring none or one.
   * @throws {StreamingError} for `error`, `response.failed` and a response that was cut by the content filter.
   */
  take(event: Fields, parts: ResponsePart[]): void {
    switch (event.type) {
      case 'response.output_text.delta':
        this.#text(event.delta, parts)
        return
      case 'response.refusal.delta':
        this.#isRefusal = true
        this.#text(event.delta, parts)
        return
      case 'response.output_text.done':
        this.#wholeText(event.text, parts)
        return
      case 'response.refusal.done':
        this.#isRefusal = true
        this.#wholeText(event.refusal, parts)
        return
      case 'response.reasoning_text.delta':
        this.#reasoning(event.delta, `${event.output_index}, text ${event.content_index}`, parts)
        return
      case 'response.reasoning_summary_text.delta':
        this.#reasoning(event.delta, `${event.output_index}, summary ${event.summary_index}`, parts)
        return
      case 'response.reasoning_text.done':
        this.#wholeReasoning(event.text, `${event.output_index}, text ${event.content_index}`, parts)
        return
      case 'response.reasoning_summary_text.done':
        this.#wholeReasoning(event.text, `${event.output_index}, summary ${event.summary_index}`, parts)
        return
      case 'response.output_item.added':
        push(parts, this.#calls.takeItem(event.output_index, event.item))
        return
      case 'response.output_item.done':
        this.#item(event.output_index, event.item, this.#isInItem, parts)
        return
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        push(parts, this.#calls.takeDelta(event))
        return
      case 'response.function_call_arguments.done':
      case 'response.custom_tool_call_input.done':
        push(parts, this.#calls.takeWhole(event))
        return
      case 'response.output_text.annotation.added':
        push(parts, annotated(event.annotation))
        return
      case 'response.completed':
      case 'response.incomplete':
        this.#end(event.type, fieldsOf(event.response) ?? {}, parts)
        return
      case 'response.cancelled':
        throw cancelled()
      case 'response.failed':
        throw failure(fieldsOf(event.response)?.error)
      case 'error':
        throw failure(event.error ?? event)
    }
  }

  #text(delta: unknown, parts: ResponsePart[]): void {
    const content = textOf(delta)
    if (content === undefined) return
    this.#isOpen.text = this.#isInItem.text = this.#isSaid.text = true
    parts.push({ type: 'content', content })
  }

  #wholeText(text: unknown, parts: ResponsePart[]): void {
    if (!this.#isOpen.text) this.#text(text, parts)
    this.#isOpen.text = false
  }

  #reasoning(delta: unknown, place: string, parts: ResponsePart[]): void {
    const content = textOf(delta)
    if (content === undefined) return
    this.#isOpen.reasoning = this.#isInItem.reasoning = this.#isSaid.reasoning = true
    // A summary has several texts, each with a heading: joined without a separator, they would run into each other.
    const gap = this.#reasoningPlace === undefined || this.#reasoningPlace === place ? '' : '\n\n'
    this.#reasoningPlace = place
    parts.push({ type: 'reasoning', content: gap + content })
  }

  #wholeReasoning(text: unknown, place: string, parts: ResponsePart[]): void {
    if (!this.#isOpen.reasoning) this.#reasoning(text, place, parts)
    this.#isOpen.reasoning = false
  }

  /** An item as it is at its end: whatever of it has not come yet, by `isKnown`. */
  #item(
    outputIndex: unknown,
    said: unknown,
    isKnown: Record<TextKind, boolean>,
    parts: ResponsePart[],
  ): void {
    const item = fieldsOf(said)
    if (item?.type === 'message') {
      if (!isKnown.text)
        for (const { refusal, text } of listOf(item.content)) this.#message(refusal, text, parts)
      this.#isInItem.text = this.#isOpen.text = false
    } else if (item?.type === 'reasoning') {
      if (!isKnown.reasoning) {
        for (const [index, { text }] of [...listOf(item.summary), ...listOf(item.content)].entries())
          this.#reasoning(text, `${outputIndex}, item ${index}`, parts)
      }
      this.#isInItem.reasoning = this.#isOpen.reasoning = false
    } else if (item?.type === 'image_generation_call') push(parts, imageOf(item))
    else push(parts, this.#calls.takeItem(outputIndex, item))
  }

  #message(refusal: unknown, text: unknown, parts: ResponsePart[]): void {
    if (textOf(refusal) !== undefined) this.#isRefusal = true
    this.#text(refusal ?? text, parts)
  }

  #end(type: string, response: Fields, parts: ResponsePart[]): void {
    if (response.status === 'cancelled') throw cancelled()
    const error = fieldsOf(response.error)
    if (response.status === 'failed' || error !== undefined) throw failure(error)
    const isKnown = { ...this.#isSaid }
    const hasCalls = this.#calls.size > 0
    for (const [index, item] of listOf(response.output).entries()) {
      const isText = item.type === 'message' || item.type === 'reasoning'
      const isCall = !isText && item.type !== 'image_generation_call'
      if (isText || (isCall && !hasCalls)) this.#item(index, item, isKnown, parts)
    }
    const usage = toUsage(response.usage)
    const isCut = type === 'response.incomplete' || response.status === 'incomplete'
    const finishReason = isCut ? cutReason(fieldsOf(response.incomplete_details)?.reason) : this.#reason()
    // The next request has to repeat these items, encrypted reasoning included.
    const message = listOf(response.output).length > 0 ? { message: response.output } : {}
    parts.push({ type: 'finish', finishReason, ...(usage && { usage }), ...message })
  }

  #reason(): string {
    if (this.#isRefusal) return 'refusal'
    return this.#calls.size > 0 ? 'tool_calls' : 'stop'
  }
}

function push(parts: ResponsePart[], part: ResponsePart | undefined): void {
  if (part !== undefined) parts.push(part)
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf).filter((fields) => fields !== undefined) : []
}

function cutReason(reason: unknown): string {
  if (reason === 'content_filter') throw new StreamingError('content_filter')
  return reason === 'max_output_tokens' ? 'length' : (textOf(reason) ?? 'incomplete')
}

function failure(error: unknown): StreamingError {
  return openaiError(fieldsOf(error) ?? { message: textOf(error) ?? '' })
}

/** Somebody stopped it there on purpose: to ask again would bring it back. */
function cancelled(): StreamingError {
  const message = 'The response was cancelled at the provider.'
  return new StreamingError('api_error', message, { recoverable: false })
}

function annotated(said: unknown): SourcePart | undefined {
  const { file_id: id, url, title, filename, start_index: start, end_index: end } = fieldsOf(said) ?? {}
  return sourceOf({ id, url, title: title ?? filename, start, end })
}

function imageOf({ result, output_format: format }: Fields): FilePart | undefined {
  return inlineFileOf(`image/${textOf(format) ?? 'png'}`, result)
}
