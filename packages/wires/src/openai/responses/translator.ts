import type {
  FileEvent,
  SourceEvent,
  StreamCompleteEvent,
  StreamEvent,
  StreamRetryEvent,
  ToolResultEvent,
} from '@sluice/core'
import { isTerminal } from '@sluice/core'
import type { StreamRecord } from '@sluice/core/server'
import type { TextAround, Translator, WireMessage } from '@sluice/core/transport'
import type { CallBlock } from '../../blocks.ts'
import { AnswerBlocks } from '../answer-blocks.ts'
import { failureOf, TAKEN_BACK } from '../errors.ts'
import { noteOf } from '../ids.ts'
import { responseUsage } from '../usage.ts'
import { Answer } from './answer.ts'
import type { ItemStatus, ResponseObject, ResponseStatus } from './items.ts'
import { OpenCall, OpenText } from './open-items.ts'

/**
 * Translates the events of a stream into the events of a response. It reads each stream from its beginning: the last event
 * repeats the whole answer, and `sequence_number` counts the events.
 */
export class ResponseTranslator implements Translator {
  readonly openSince = undefined
  readonly #answer: Answer
  readonly #blocks: AnswerBlocks
  #text: OpenText | undefined
  readonly #calls = new Map<number, OpenCall>()
  /** Sources that came while no text was open: the next text cites them. */
  #sources: SourceEvent[] = []
  /** How long the text of the answer is that is not in the item that is open. */
  #textBefore = 0
  /** The status of an item that ends. */
  #endStatus: ItemStatus = 'completed'
  /** The client has an error instead of an event that this format cannot show, and gets nothing more. */
  #isBroken = false

  constructor(record: StreamRecord) {
    const { model, tools } = noteOf(record)
    this.#answer = new Answer(record, model)
    this.#blocks = new AnswerBlocks(tools, {
      textBegin: ({ kind, at }) => {
        this.#text = new OpenText(this.#answer, kind, at)
        this.#text.begin()
        if (kind === 'text') for (const source of this.#sources.splice(0)) this.#cite(this.#text, source)
      },
      textDelta: (_block, delta) => this.#text?.add(delta),
      textEnd: () => this.#endText(),
      callBegin: (call) => {
        const open = new OpenCall(this.#answer, call)
        this.#calls.set(call.index, open)
        open.begin()
      },
      callDelta: ({ index }, fragment) => this.#calls.get(index)?.add(fragment),
      callEnd: ({ index }) => this.#calls.get(index)?.end(this.#endStatus),
      serverCall: (call, result) => this.#serverCall(call, result),
      clientResult: (id, result) => this.#clientResult(id, result),
    })
  }

  /** The response as it is after the events so far. */
  get response(): ResponseObject {
    return this.#answer.response()
  }

  push(event: StreamEvent): readonly WireMessage[] {
    if (!this.#isBroken) this.#translate(event)
    // Its readers wait for the end of the body; the client ignores this.
    else if (isTerminal(event)) this.#answer.say('keepalive', {})
    return this.#answer.take()
  }

  around(type: 'content_chunk' | 'reasoning_chunk'): TextAround | undefined {
    const kind = type === 'content_chunk' ? 'text' : 'reasoning'
    return this.#text?.kind === kind ? this.#text.around : undefined
  }

  copied(text: string, messages: number): void {
    this.#text?.copied(text, messages)
  }

  #translate(event: StreamEvent): void {
    switch (event.type) {
      case 'stream_start':
        this.#answer.sayResponse('response.created')
        this.#answer.sayResponse('response.in_progress')
        return
      case 'content_chunk':
      case 'reasoning_chunk':
        this.#blocks.blocks.text(event)
        return
      case 'tool_call_chunk':
        this.#blocks.call(event)
        return
      case 'tool_result':
        this.#blocks.result(event)
        return
      case 'source':
        this.#source(event)
        return
      case 'file':
        this.#file(event)
        return
      case 'stream_retry':
        this.#retry(event)
        return
      case 'stream_complete':
        this.#complete(event)
        return
      case 'stream_error':
        this.#fail(failureOf(event))
        return
      case 'stream_cancelled':
        this.#breakOff()
        this.#answer.incompleteReason = event.reason
        this.#end('cancelled', 'response.incomplete')
        return
    }
  }

  #endText(): void {
    const text = this.#text
    if (text === undefined) return
    this.#text = undefined
    if (text.kind === 'text') this.#textBefore += text.length
    text.end(this.#endStatus)
  }

  #source(event: SourceEvent): void {
    if (event.url === undefined) return
    if (this.#text?.kind === 'text') this.#cite(this.#text, event)
    else this.#sources.push(event)
  }

  /** Places in the answer's text become places in the text of the item. */
  #cite(text: OpenText, { url = '', title, start, end = start }: SourceEvent): void {
    const place = (at: number | undefined): number =>
      at === undefined ? 0 : Math.max(0, at - this.#textBefore)
    text.cite({
      type: 'url_citation',
      url,
      title: title ?? url,
      start_index: place(start),
      end_index: place(end),
    })
  }

  #file({ chunk_id, media_type, data }: FileEvent): void {
    if (data === undefined || !media_type.startsWith('image/')) return
    this.#blocks.blocks.part()
    const id = this.#answer.idOf('ig', chunk_id)
    const format = media_type.slice('image/'.length)
    const item = {
      type: 'image_generation_call',
      id,
      output_format: format === '*' ? 'png' : format,
    } as const
    const place = this.#answer.addItem({ ...item, result: null, status: 'in_progress' })
    this.#answer.say('response.image_generation_call.completed', { item_id: id, output_index: place })
    this.#answer.endItem(place, { ...item, result: data, status: 'completed' })
  }

  #serverCall({ at, name, arguments: input }: CallBlock, { output, is_error }: ToolResultEvent): void {
    const answer = this.#answer
    const id = answer.idOf('mcp', at)
    const item = { type: 'mcp_call', id, server_label: answer.model, name } as const
    const place = answer.addItem({ ...item, arguments: '', output: null, error: null, status: 'in_progress' })
    const where = { item_id: id, output_index: place }
    answer.say('response.mcp_call.in_progress', where)
    answer.say('response.mcp_call_arguments.delta', { ...where, delta: input })
    answer.say('response.mcp_call_arguments.done', { ...where, arguments: input })
    const text = textOf(output)
    answer.say(`response.mcp_call.${is_error ? 'failed' : 'completed'}`, where)
    answer.endItem(place, {
      ...item,
      arguments: input,
      output: is_error ? null : text,
      error: is_error ? text : null,
      status: is_error ? 'failed' : 'completed',
    })
  }

  #clientResult(callId: string, { chunk_id, output }: ToolResultEvent): void {
    const id = this.#answer.idOf('fco', chunk_id)
    const item = { type: 'function_call_output', id, call_id: callId, output: textOf(output) } as const
    const place = this.#answer.addItem({ ...item, status: 'completed' })
    this.#answer.endItem(place, { ...item, status: 'completed' })
  }

  #complete({ finish_reason: reason, usage, duration_ms }: StreamCompleteEvent): void {
    const isCut = reason === 'length' || reason === 'content_filter'
    // Its words have been sent as text, and are said again as what they are.
    if (reason === 'refusal' && this.#text?.kind === 'text') this.#text.refuse()
    if (isCut) this.#endStatus = 'incomplete'
    this.#blocks.end()
    if (usage !== undefined) this.#answer.usage = responseUsage(usage)
    if (isCut) {
      this.#answer.incompleteReason = reason === 'length' ? 'max_output_tokens' : reason
      this.#end('incomplete', 'response.incomplete')
      return
    }
    this.#answer.completeAfter(duration_ms)
    this.#end('completed', 'response.completed')
  }

  #retry({ chunk_id, keep_until }: StreamRetryEvent): void {
    // Nothing is void: the next attempt goes on from here.
    if (keep_until >= chunk_id - 1) return
    this.#isBroken = true
    this.#fail({ code: 'server_error', message: TAKEN_BACK })
  }

  #fail({ code, message }: { readonly code: string | null; readonly message: string }): void {
    this.#breakOff()
    this.#answer.error = { code: code ?? 'server_error', message }
    this.#end('failed', 'response.failed')
  }

  /** The items that are open stay as far as they have come. A call that is not whole must not be made. */
  #breakOff(): void {
    this.#text?.breakOff()
    for (const call of this.#calls.values()) call.breakOff()
    this.#blocks.forget()
    this.#text = undefined
  }

  #end(status: ResponseStatus, type: string): void {
    this.#answer.status = status
    this.#answer.sayResponse(type)
  }
}

/** A result as text: a model is told nothing else. */
function textOf(output: unknown): string {
  return typeof output === 'string' ? output : JSON.stringify(output)
}
