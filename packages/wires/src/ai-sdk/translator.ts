import {
  type FileEvent,
  isTerminal,
  type SourceEvent,
  type StreamCompleteEvent,
  type StreamEvent,
  type StreamRetryEvent,
  type ToolResultEvent,
} from '@sluice/core'
import type { StreamRecord } from '@sluice/core/server'
import type { TextAround, Translator, WireMessage } from '@sluice/core/transport'
import { type BlockHandlers, Blocks, type CallBlock, type TextBlock } from '../blocks.ts'
import type { UiMessageChunk } from './chunks.ts'
import { finishReasonOf, usageOf } from './finish.ts'

/** The note of streams that go on with the assistant's message, which has got the results of the client's own tools. */
export const CONTINUES = 'continues'

const DONE: WireMessage = { data: '[DONE]' }
const NO_JSON = 'The model wrote arguments that are not valid JSON.'
const TAKEN_BACK = 'The answer began anew, and this format cannot take text back.'

/** Translates the events of a stream into chunks of a UI message stream. */
export class UiMessageTranslator implements Translator {
  readonly #record: StreamRecord
  readonly #isOneStep: boolean
  readonly #blocks: Blocks
  #messages: WireMessage[] = []
  /** The text around a delta of the block that is open. */
  #around: TextAround | undefined
  /** The event that this format could not show. The client has an error instead of it, and gets nothing more. */
  #brokenAt: number | undefined

  /** @param options.isOneStep A `stream_retry` takes a step back, so that the whole answer has to be one. */
  constructor(record: StreamRecord, { isOneStep }: { readonly isOneStep: boolean }) {
    this.#record = record
    this.#isOneStep = isOneStep
    this.#blocks = new Blocks(this.#handlers())
  }

  get openSince(): number | undefined {
    return this.#brokenAt ?? this.#blocks.openSince
  }

  around(type: 'content_chunk' | 'reasoning_chunk'): TextAround | undefined {
    const kind = type === 'content_chunk' ? 'text' : 'reasoning'
    return this.#blocks.openText?.kind === kind ? this.#around : undefined
  }

  push(event: StreamEvent): readonly WireMessage[] {
    this.#messages = []
    if (this.#brokenAt === undefined) this.#translate(event)
    else if (isTerminal(event)) this.#end({ type: 'finish', finishReason: 'error' })
    return this.#messages
  }

  #translate(event: StreamEvent): void {
    switch (event.type) {
      case 'stream_start':
        this.#start(event.model)
        break
      case 'content_chunk':
      case 'reasoning_chunk':
        this.#blocks.text(event)
        break
      case 'tool_call_chunk':
        this.#blocks.call(event)
        break
      case 'tool_result':
        this.#result(event)
        break
      case 'data_chunk':
        // As in the AI SDK: data may come in the middle of a text, and does not divide it.
        this.#say({ type: `data-${event.name}`, id: `data-${event.chunk_id}`, data: event.data })
        break
      case 'source':
        this.#source(event)
        break
      case 'file':
        this.#file(event)
        break
      case 'stream_retry':
        this.#retry(event)
        break
      case 'stream_complete':
        this.#complete(event)
        break
      case 'stream_error':
        this.#fail(event.message)
        this.#end({ type: 'finish', finishReason: 'error' })
        break
      case 'stream_cancelled':
        this.#cancel(event.reason)
        break
    }
  }

  /** Whether it goes on with the assistant's message that the client has. */
  get #continues(): boolean {
    return this.#record.note === CONTINUES
  }

  #start(model: string | undefined): void {
    const { streamId, createdAt } = this.#record
    const messageMetadata = { streamId, createdAt, ...(model !== undefined && { model }) }
    // Without an id the client keeps the message that it has.
    this.#say({ type: 'start', ...(!this.#continues && { messageId: streamId }), messageMetadata })
    this.#say({ type: 'start-step' })
  }

  #result(event: ToolResultEvent): void {
    const { output, is_error: isError } = event
    const call = this.#blocks.result(event)
    const toolCallId = call?.id ?? event.id
    // The client fails on a result without a call. `providerExecuted`: it must not run the tool.
    if (call === undefined && !this.#continues) {
      const toolName = 'unknown'
      this.#say({ type: 'tool-input-available', toolCallId, toolName, input: {}, providerExecuted: true })
    }
    if (!isError) this.#say({ type: 'tool-output-available', toolCallId, output })
    else this.#say({ type: 'tool-output-error', toolCallId, errorText: textOf(output) })
  }

  #source({ chunk_id, id, url, title, quote }: SourceEvent): void {
    const sourceId = id ?? `source-${chunk_id}`
    if (url !== undefined) {
      this.#say({ type: 'source-url', sourceId, url, ...(title !== undefined && { title }) })
    } else {
      this.#say({
        type: 'source-document',
        sourceId,
        mediaType: 'text/plain',
        title: title ?? quote ?? sourceId,
      })
    }
  }

  #file({ media_type: mediaType, url, data }: FileEvent): void {
    this.#blocks.part()
    this.#say({ type: 'file', mediaType, url: url ?? `data:${mediaType};base64,${data}` })
  }

  #retry({ chunk_id, keep_until }: StreamRetryEvent): void {
    // Nothing is void: the next attempt goes on from here.
    if (keep_until >= chunk_id - 1) return
    if (this.#isOneStep && keep_until <= 1) {
      this.#blocks.forget()
      this.#say({ type: 'reset-step' })
      return
    }
    this.#brokenAt = chunk_id
    this.#fail(TAKEN_BACK)
  }

  #complete({ finish_reason, usage, duration_ms: durationMs }: StreamCompleteEvent): void {
    this.#blocks.end()
    this.#say({ type: 'finish-step' })
    const messageMetadata = { ...(usage !== undefined && { usage: usageOf(usage) }), durationMs }
    this.#end({ type: 'finish', finishReason: finishReasonOf(finish_reason), messageMetadata })
  }

  #cancel(reason: string): void {
    // Not the calls: a client would run a tool for an answer that was stopped.
    this.#blocks.endText()
    this.#blocks.forget()
    this.#say({ type: 'abort', reason })
    // `useChat` does not need it. `WorkflowChatTransport` would reconnect for ever without it.
    this.#end({ type: 'finish', finishReason: 'other' })
  }

  #fail(errorText: string): void {
    this.#blocks.endText()
    this.#blocks.forget()
    this.#say({ type: 'error', errorText })
  }

  #end(finish: UiMessageChunk): void {
    this.#say(finish)
    this.#messages.push(DONE)
  }

  #say(chunk: UiMessageChunk): void {
    this.#messages.push({ data: chunk })
  }

  #handlers(): BlockHandlers {
    return {
      textBegin: ({ kind, id }: TextBlock) => {
        this.#say({ type: `${kind}-start`, id })
        this.#around = { before: `{"type":"${kind}-delta","id":"${id}","delta":`, after: '}' }
      },
      textDelta: ({ kind, id }: TextBlock, delta: string) => this.#say({ type: `${kind}-delta`, id, delta }),
      textEnd: ({ kind, id }: TextBlock) => this.#say({ type: `${kind}-end`, id }),
      callBegin: ({ id, name }: CallBlock) =>
        this.#say({ type: 'tool-input-start', toolCallId: id, toolName: name }),
      callDelta: ({ id }: CallBlock, inputTextDelta: string) =>
        this.#say({ type: 'tool-input-delta', toolCallId: id, inputTextDelta }),
      callEnd: ({ id: toolCallId, name: toolName, arguments: written }: CallBlock, input) => {
        if (input !== undefined) {
          this.#say({ type: 'tool-input-available', toolCallId, toolName, input: input.value })
        } else {
          this.#say({ type: 'tool-input-error', toolCallId, toolName, input: written, errorText: NO_JSON })
        }
      },
      nextRound: () => {
        if (this.#isOneStep) return
        this.#say({ type: 'finish-step' })
        this.#say({ type: 'start-step' })
      },
    }
  }
}

/** What a failed tool says, as the text that the client takes. */
function textOf(output: unknown): string {
  return typeof output === 'string' ? output : JSON.stringify(output)
}
