import { isTerminal, type SourceEvent, type StreamEvent, type StreamRetryEvent } from '@sluice/core'
import type { StreamRecord } from '@sluice/core/server'
import type { TextAround, Translator, WireMessage } from '@sluice/core/transport'
import { AnswerBlocks, type ClientCall } from '../answer-blocks.ts'
import { cancelledError, failureOf, type OpenAiError, openAiError, TAKEN_BACK } from '../errors.ts'
import { completionIdOf, noteOf } from '../ids.ts'
import { completionUsage } from '../usage.ts'
import type { ChatAnnotation, ChatCompletionChunk, ChatFinishReason, ChunkDelta } from './chunks.ts'

const DONE: WireMessage = { data: '[DONE]' }

/** Translates the events of a stream into the chunks of a chat completion. */
export class ChatTranslator implements Translator {
  readonly #base: Omit<ChatCompletionChunk, 'choices'>
  readonly #includeUsage: boolean
  readonly #answer: AnswerBlocks
  #messages: WireMessage[] = []
  readonly #arounds: Partial<Record<'content' | 'reasoning_content', TextAround>> = {}
  /** The numbers that the client's calls have in this format: from 0, without those of the server. */
  readonly #callNumbers = new Map<number, number>()
  #annotations: ChatAnnotation[] = []
  /** The event with which that began which a later chunk depends on: calls, and sources. */
  #dependsOn: number | undefined
  /** The event that this format could not show. The client has an error instead of it, and gets nothing more. */
  #brokenAt: number | undefined

  /** @param options.includeUsage Whether the client asked for the usage (`stream_options`). */
  constructor(record: StreamRecord, { includeUsage }: { readonly includeUsage: boolean }) {
    const { model, tools } = noteOf(record)
    this.#base = {
      id: completionIdOf(record.streamId),
      object: 'chat.completion.chunk',
      created: Math.floor(record.createdAt / 1000),
      model,
      ...(includeUsage && { usage: null }),
    }
    this.#includeUsage = includeUsage
    this.#answer = new AnswerBlocks(tools, {
      textBegin: () => {},
      textDelta: ({ kind }, delta) =>
        this.#delta(kind === 'text' ? { content: delta } : { reasoning_content: delta }),
      textEnd: () => {},
      callBegin: (call) => this.#callBegin(call),
      callDelta: (call, fragment) => this.#callDelta(call, fragment),
      callEnd: () => {},
      serverCall: () => {},
      clientResult: () => {},
    })
  }

  get openSince(): number | undefined {
    if (this.#brokenAt !== undefined) return this.#brokenAt
    // If the server has made all calls itself, nothing later depends on them.
    return this.#answer.hasCalls || this.#annotations.length > 0 ? this.#dependsOn : undefined
  }

  around(type: 'content_chunk' | 'reasoning_chunk'): TextAround | undefined {
    const isText = type === 'content_chunk'
    if (this.#brokenAt !== undefined) return undefined
    // The first delta of a block has to be pushed: calls may end with it.
    if (this.#answer.blocks.openText?.kind !== (isText ? 'text' : 'reasoning')) return undefined
    const name = isText ? 'content' : 'reasoning_content'
    this.#arounds[name] ??= this.#aroundDelta(name)
    return this.#arounds[name]
  }

  push(event: StreamEvent): readonly WireMessage[] {
    this.#messages = []
    if (this.#brokenAt === undefined) this.#translate(event)
    else if (isTerminal(event)) this.#messages.push(DONE)
    return this.#messages
  }

  #translate(event: StreamEvent): void {
    switch (event.type) {
      case 'stream_start':
        this.#delta({ role: 'assistant', content: '', refusal: null })
        return
      case 'content_chunk':
      case 'reasoning_chunk':
        this.#answer.blocks.text(event)
        return
      case 'tool_call_chunk':
        this.#dependOn(event)
        this.#answer.call(event)
        return
      case 'tool_result':
        this.#answer.result(event)
        return
      case 'source':
        this.#source(event)
        return
      case 'stream_retry':
        this.#retry(event)
        return
      case 'stream_complete': {
        this.#answer.end()
        if (this.#annotations.length > 0) this.#delta({ annotations: this.#annotations })
        this.#delta({}, this.#finishReason(event.finish_reason))
        const { usage } = event
        if (this.#includeUsage && usage !== undefined) {
          this.#say({ ...this.#base, choices: [], usage: completionUsage(usage) })
        }
        this.#messages.push(DONE)
        return
      }
      case 'stream_error':
        this.#fail(failureOf(event))
        return
      case 'stream_cancelled':
        this.#fail(openAiError(cancelledError()))
        return
    }
  }

  /** All of them come together before the end: clients that add deltas up keep the last list only. */
  #source({ chunk_id, url, title, start = 0, end = start }: SourceEvent): void {
    if (url === undefined) return
    this.#dependOn({ chunk_id })
    const citation = { url, title: title ?? url, start_index: start, end_index: end }
    this.#annotations.push({ type: 'url_citation', url_citation: citation })
  }

  #dependOn({ chunk_id }: Pick<StreamEvent, 'chunk_id'>): void {
    if (this.openSince === undefined) this.#dependsOn = chunk_id
  }

  #retry({ chunk_id, keep_until }: StreamRetryEvent): void {
    // Nothing is void: the next attempt goes on from here.
    if (keep_until >= chunk_id - 1) return
    this.#brokenAt = chunk_id
    this.#fail(failureOf({ error_type: 'connection_lost', message: TAKEN_BACK }))
  }

  #fail(error: OpenAiError): void {
    this.#answer.forget()
    this.#messages.push({ data: { error } }, DONE)
  }

  #finishReason(reason: string): ChatFinishReason {
    if (reason === 'length' || reason === 'content_filter') return reason
    // Its words have been sent as text, and cannot be taken back: this is how clients see that it is no answer.
    if (reason === 'refusal') return 'content_filter'
    return this.#answer.unanswered > 0 ? 'tool_calls' : 'stop'
  }

  #callBegin({ index, id, name }: ClientCall): void {
    const number = this.#callNumbers.size
    this.#callNumbers.set(index, number)
    this.#delta({ tool_calls: [{ index: number, id, type: 'function', function: { name, arguments: '' } }] })
  }

  #callDelta({ index }: Pick<ClientCall, 'index'>, fragment: string): void {
    const number = this.#callNumbers.get(index) ?? 0
    this.#delta({ tool_calls: [{ index: number, function: { arguments: fragment } }] })
  }

  #delta(delta: ChunkDelta, finishReason: ChatFinishReason | null = null): void {
    this.#say(this.#chunk(delta, finishReason))
  }

  #chunk(delta: ChunkDelta, finishReason: ChatFinishReason | null): ChatCompletionChunk {
    return { ...this.#base, choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }] }
  }

  #say(chunk: ChatCompletionChunk): void {
    this.#messages.push({ data: chunk })
  }

  #aroundDelta(name: 'content' | 'reasoning_content'): TextAround {
    const json = JSON.stringify(this.#chunk({ [name]: '' }, null))
    // The empty text of the delta: no other value behind it is a text.
    const at = json.lastIndexOf('""')
    return { before: json.slice(0, at), after: json.slice(at + 2) }
  }
}
