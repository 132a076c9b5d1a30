import { StreamingError } from '../errors.ts'
import { httpError } from '../http-error/http-error.ts'
import type { ContentPart, FinishPart, ReasoningPart, SourcePart, ToolCallPart } from '../parts.ts'
import { ALIVE } from '../provider/alive.ts'
import { type Fields, fieldsOf, indexOf, textOf } from '../provider/fields.ts'
import { malformedChunk } from '../provider/malformed-chunk.ts'
import { sourceOf } from '../provider/sources.ts'
import { countOf, detailsOf, usageOf } from '../provider/usage.ts'
import { MessageBlocks } from './message-blocks.ts'

/** The parts that the events of the Messages API are converted to. */
export type MessagePart = ContentPart | ReasoningPart | ToolCallPart | SourcePart

/** Anthropic's stop reasons in Sluice's words. */
const REASONS: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  stop_sequence: 'stop',
  tool_use: 'tool_calls',
}

/** The counts that have a field in Sluice's usage. */
const KNOWN: ReadonlySet<string> = new Set([
  'cache_read_input_tokens',
  'input_tokens',
  'output_tokens',
  'output_tokens_details.thinking_tokens',
])

/** One answer of the Messages API, out of its events. */
export class MessageAnswer {
  /** The index among the tool calls, by the block's index among all blocks. */
  readonly #calls = new Map<
    number,
    { readonly index: number; hasArguments: boolean; readonly input: unknown }
  >()
  readonly #blocks = new MessageBlocks()
  #chunks = 0
  #stopReason: string | undefined
  /** Counts are cumulative, and a later event may leave some out. */
  #usage: Fields = {}
  #isWhole = false

  /** Whether `message_stop` has come. */
  get isWhole(): boolean {
    return this.#isWhole
  }

  /**
   * Takes what the wire has read, and puts the parts that it brings behind those that are there.
   * @throws {StreamingError} for an error that the provider has sent, and for a chunk that cannot be understood
   */
  take(item: unknown, parts: MessagePart[]): void {
    if (this.#isWhole) return
    this.#chunks += 1
    if (item instanceof StreamingError) throw item
    const before = parts.length
    const event = fieldsOf(item)
    if (event !== undefined) this.#takeEvent(event, parts)
    if (parts.length === before) parts.push(ALIVE)
  }

  /**
   * The last part, once the wire has ended.
   * @throws {StreamingError} if the answer is not whole
   */
  finish(): FinishPart {
    const reason = this.#stopReason
    if (!this.#isWhole || reason === undefined) {
      throw new StreamingError('connection_lost', 'The provider’s answer broke off.')
    }
    const usage = this.#counted()
    const message = { role: 'assistant', content: this.#blocks.content }
    return {
      type: 'finish',
      finishReason: REASONS[reason] ?? reason,
      providerReason: reason,
      ...(usage && { usage }),
      message,
    }
  }

  #takeEvent(event: Fields, parts: MessagePart[]): void {
    switch (event.type) {
      case 'message_start':
        this.#takeUsage(fieldsOf(event.message)?.usage)
        return
      case 'content_block_start':
        this.#begin(event, parts)
        return
      case 'content_block_delta':
        this.#delta(event, parts)
        return
      case 'content_block_stop':
        this.#endBlock(event, parts)
        return
      case 'message_delta':
        this.#stopReason = textOf(fieldsOf(event.delta)?.stop_reason) ?? this.#stopReason
        this.#takeUsage(event.usage)
        return
      case 'message_stop':
        this.#isWhole = true
        return
      case 'message':
        this.#takeMessage(event, parts)
        return
      case 'error':
        throw httpError(fieldsOf(event.error) === undefined ? errorOf(event) : event)
      default:
        // An error without its type, as some gateways send it.
        if (fieldsOf(event.error) !== undefined || textOf(event.error) !== undefined)
          throw httpError(errorOf(event))
    }
  }

  #begin(event: Fields, parts: MessagePart[]): void {
    const index = indexOf(event.index)
    const block = fieldsOf(event.content_block)
    if (index === undefined || block === undefined) {
      throw malformedChunk(this.#chunks, 'begins a block that has no index or no content', event)
    }
    this.#block(index, block, parts)
  }

  #block(index: number, block: Fields, parts: MessagePart[]): void {
    this.#blocks.begin(index, block)
    const text = textOf(block.text)
    const thinking = textOf(block.thinking)
    if (block.type === 'text' && text !== undefined) parts.push({ type: 'content', content: text })
    if (block.type === 'thinking' && thinking !== undefined)
      parts.push({ type: 'reasoning', content: thinking })
    // Tools that run at the provider (`server_tool_use`, …) are no calls for the application.
    if (block.type !== 'tool_use') return
    const call = { index: this.#calls.size, hasArguments: false, input: block.input }
    this.#calls.set(index, call)
    const id = textOf(block.id)
    const name = textOf(block.name)
    parts.push({ type: 'tool_call', index: call.index, ...(id && { id }), ...(name && { name }) })
  }

  #delta(event: Fields, parts: MessagePart[]): void {
    const delta = fieldsOf(event.delta)
    if (delta === undefined) throw malformedChunk(this.#chunks, 'has no delta', event)
    this.#blocks.add(indexOf(event.index) ?? -1, delta)
    const source = cited(delta.citation)
    if (source !== undefined) parts.push(source)
    const text = textOf(delta.text)
    const thinking = textOf(delta.thinking)
    const json = textOf(delta.partial_json)
    if (text !== undefined) parts.push({ type: 'content', content: text })
    if (thinking !== undefined) parts.push({ type: 'reasoning', content: thinking })
    const call = json === undefined ? undefined : this.#calls.get(indexOf(event.index) ?? -1)
    if (call === undefined || json === undefined) return
    call.hasArguments = true
    parts.push({ type: 'tool_call', index: call.index, arguments: json })
  }

  /** A call without arguments has no delta; some gateways send the whole input with the block's start. */
  #endBlock(event: Fields, parts: MessagePart[]): void {
    const call = this.#calls.get(indexOf(event.index) ?? -1)
    if (call === undefined || call.hasArguments) return
    call.hasArguments = true
    parts.push({ type: 'tool_call', index: call.index, arguments: JSON.stringify(call.input ?? {}) })
  }

  /** A whole answer in place of a stream. */
  #takeMessage(message: Fields, parts: MessagePart[]): void {
    const blocks = Array.isArray(message.content) ? message.content : []
    for (const [index, block] of blocks.entries()) {
      this.#block(index, fieldsOf(block) ?? {}, parts)
      this.#endBlock({ index }, parts)
    }
    this.#stopReason = textOf(message.stop_reason)
    this.#takeUsage(message.usage)
    this.#isWhole = this.#stopReason !== undefined
  }

  #takeUsage(said: unknown): void {
    const counts = Object.entries(fieldsOf(said) ?? {}).filter(([, value]) => value !== null)
    if (counts.length > 0) this.#usage = { ...this.#usage, ...Object.fromEntries(counts) }
  }

  #counted() {
    const usage = this.#usage
    const cached = countOf(usage.cache_read_input_tokens)
    const input = countOf(usage.input_tokens)
    return usageOf({
      input:
        input === undefined
          ? undefined
          : input + (cached ?? 0) + (countOf(usage.cache_creation_input_tokens) ?? 0),
      output: countOf(usage.output_tokens),
      cached,
      reasoning: countOf(fieldsOf(usage.output_tokens_details)?.thinking_tokens),
      details: detailsOf(usage, KNOWN),
    })
  }
}

function errorOf({ error, message }: Fields): object {
  return fieldsOf(error) ?? { message: textOf(error) ?? textOf(message) ?? '' }
}

function cited(citation: unknown): SourcePart | undefined {
  const said = fieldsOf(citation)
  if (said === undefined) return undefined
  const document = indexOf(said.document_index)
  const id =
    textOf(said.file_id) ?? textOf(said.source) ?? (document === undefined ? undefined : String(document))
  return sourceOf({ id, url: said.url, title: said.title ?? said.document_title, quote: said.cited_text })
}
