import type { TextBlock } from '../../blocks.ts'
import type { ClientCall } from '../answer-blocks.ts'
import { type Answer, deltaAround, type NumberedAround } from './answer.ts'
import type { FunctionCallItem, ItemStatus, MessagePart, OutputItem, UrlCitation } from './items.ts'

/** A message, or reasoning, that grows. */
export class OpenText {
  readonly kind: TextBlock['kind']
  readonly #answer: Answer
  readonly #id: string
  #place = 0
  #text = ''
  readonly #annotations: UrlCitation[] = []
  #refusal: string | undefined
  #deltaHead = ''

  constructor(answer: Answer, kind: TextBlock['kind'], at: number) {
    this.#answer = answer
    this.kind = kind
    this.#id = answer.idOf(kind === 'text' ? 'msg' : 'rs', at)
  }

  get length(): number {
    return this.#text.length
  }

  begin(): void {
    this.#place = this.#answer.addItem(this.#item('in_progress', []))
    const where = this.#where(0)
    if (this.kind === 'text')
      this.#answer.say('response.content_part.added', { ...where, part: textPart('', []) })
    else this.#answer.say('response.reasoning_summary_part.added', { ...where, part: summaryPart('') })
    this.#deltaHead = `${JSON.stringify(where).slice(1, -1)},`
  }

  /** The text around each of its deltas. */
  get around(): NumberedAround {
    if (this.kind === 'reasoning') {
      return deltaAround('response.reasoning_summary_text.delta', this.#deltaHead)
    }
    return deltaAround('response.output_text.delta', this.#deltaHead, ',"logprobs":[]')
  }

  add(delta: string): void {
    this.#text += delta
    this.#answer.sayDelta(this.around, delta)
  }

  /** The deltas of this text were said without it. */
  copied(text: string, deltas: number): void {
    this.#text += text
    this.#answer.pass(deltas)
  }

  cite(annotation: UrlCitation): void {
    const number = this.#annotations.push(annotation) - 1
    this.#answer.say('response.output_text.annotation.added', {
      ...this.#where(0),
      annotation_index: number,
      annotation,
    })
  }

  /** The text was the model's refusal. */
  refuse(): void {
    this.#refusal = this.#text
  }

  end(status: ItemStatus): void {
    const answer = this.#answer
    const where = this.#where(0)
    if (this.kind === 'reasoning') {
      answer.say('response.reasoning_summary_text.done', { ...where, text: this.#text })
      answer.say('response.reasoning_summary_part.done', { ...where, part: summaryPart(this.#text) })
    } else {
      answer.say('response.output_text.done', { ...where, text: this.#text, logprobs: [] })
      answer.say('response.content_part.done', { ...where, part: textPart(this.#text, this.#annotations) })
    }
    if (this.#refusal !== undefined) this.#sayRefusal(this.#refusal)
    answer.endItem(this.#place, this.#item(status, this.#parts()))
  }

  /** It stays as far as it has come. */
  breakOff(): void {
    this.#answer.setItem(this.#place, this.#item('incomplete', this.#parts()))
  }

  #sayRefusal(refusal: string): void {
    const where = this.#where(1)
    this.#answer.say('response.content_part.added', { ...where, part: { type: 'refusal', refusal: '' } })
    this.#answer.say('response.refusal.delta', { ...where, delta: refusal })
    this.#answer.say('response.refusal.done', { ...where, refusal })
    this.#answer.say('response.content_part.done', { ...where, part: { type: 'refusal', refusal } })
  }

  #parts(): MessagePart[] {
    const parts: MessagePart[] = [textPart(this.#text, [...this.#annotations])]
    if (this.#refusal !== undefined) parts.push({ type: 'refusal', refusal: this.#refusal })
    return parts
  }

  #where(index: number): object {
    const where = { item_id: this.#id, output_index: this.#place }
    return this.kind === 'text' ? { ...where, content_index: index } : { ...where, summary_index: index }
  }

  #item(status: ItemStatus, content: readonly MessagePart[]): OutputItem {
    if (this.kind === 'text') return { type: 'message', id: this.#id, role: 'assistant', status, content }
    const summary = content.length === 0 ? [] : [summaryPart(this.#text)]
    return { type: 'reasoning', id: this.#id, status, summary }
  }
}

/** A call of one of the client's functions that grows. */
export class OpenCall {
  readonly #answer: Answer
  readonly #call: ClientCall
  readonly #id: string
  #place = 0
  #arguments = ''
  #isOpen = true
  #deltaHead = ''

  constructor(answer: Answer, call: ClientCall) {
    this.#answer = answer
    this.#call = call
    this.#id = answer.idOf('fc', call.at)
  }

  begin(): void {
    this.#place = this.#answer.addItem(this.#item('in_progress'))
    this.#deltaHead = `"item_id":"${this.#id}","output_index":${this.#place},`
  }

  add(fragment: string): void {
    this.#arguments += fragment
    this.#answer.sayDelta(deltaAround('response.function_call_arguments.delta', this.#deltaHead), fragment)
  }

  end(status: ItemStatus): void {
    this.#isOpen = false
    this.#answer.say('response.function_call_arguments.done', {
      item_id: this.#id,
      output_index: this.#place,
      name: this.#call.name,
      arguments: this.#arguments,
    })
    this.#answer.endItem(this.#place, this.#item(status))
  }

  /** If it is open, it stays as far as it has come. */
  breakOff(): void {
    if (this.#isOpen) this.#answer.setItem(this.#place, this.#item('incomplete'))
  }

  #item(status: ItemStatus): FunctionCallItem {
    const { id: callId, name } = this.#call
    return { type: 'function_call', id: this.#id, call_id: callId, name, arguments: this.#arguments, status }
  }
}

function textPart(text: string, annotations: readonly UrlCitation[]): MessagePart {
  return { type: 'output_text', text, annotations: [...annotations], logprobs: [] }
}

function summaryPart(text: string): { readonly type: 'summary_text'; readonly text: string } {
  return { type: 'summary_text', text }
}
