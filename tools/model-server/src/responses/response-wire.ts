import type { ResponseOutputItem, ResponseStatus, ResponseUsage } from 'openai/resources/responses/responses'
import type { Finish, Piece } from '../answers/plan.ts'
import { TokenCount } from '../answers/usage.ts'
import { serverError } from '../api/api-error.ts'
import { obfuscation } from '../api/obfuscation.ts'
import { type Frame, silent, type Wire } from '../delivery/wire.ts'
import { type ItemEvent, type ItemStatus, type OutputItem, outputItem } from './output-item.ts'
import type { Progress, ResponseObject, responseFacts } from './response-object.ts'

/** Options of the wire of a response. */
export interface ResponseWireOptions {
  /** The fields that never change. */
  readonly facts: ReturnType<typeof responseFacts>
  /** Tokens of the input, those of previous responses included. */
  readonly inputTokens: number
  /** Whether deltas carry padding (`stream_options.include_obfuscation`). */
  readonly includeObfuscation: boolean
}

interface OpenItem {
  readonly item: OutputItem
  readonly segmentIndex: number
  readonly deltaHead: string
  readonly deltaTail: string
  readonly said: string[]
}

type Lifecycle = 'created' | 'queued' | 'in_progress' | 'completed' | 'failed' | 'incomplete'

/** Speaks the stream of the Responses API, one event a frame, and holds the response as it stands. */
export class ResponseWire implements Wire {
  readonly #options: ResponseWireOptions
  readonly #count = new TokenCount()
  readonly #done: ResponseOutputItem[] = []
  #open: OpenItem | undefined
  #sequence = 0
  #progress: Omit<Progress, 'output'>

  /** @param options - the request's facts, the length of its input and what the client wants in its deltas */
  constructor(options: ResponseWireOptions) {
    this.#options = options
    const status: ResponseStatus = options.facts.background ? 'queued' : 'in_progress'
    this.#progress = { status, error: null, incomplete_details: null, usage: null, completed_at: null }
  }

  /** The response as it stands. */
  get response(): ResponseObject {
    const open = this.#open
    const last = open === undefined ? [] : [open.item.snapshot(open.said.join(''), this.#itemStatus())]
    return { ...this.#options.facts, ...this.#progress, output: [...this.#done, ...last] }
  }

  begin(): readonly Frame[] {
    const frames = [this.#lifecycle('created')]
    if (this.#options.facts.background) frames.push(this.#lifecycle('queued'))
    this.#progress = { ...this.#progress, status: 'in_progress' }
    return [...frames, this.#lifecycle('in_progress')]
  }

  say(piece: Piece): readonly Frame[] {
    this.#count.add(piece)
    const { token, tokens, segment } = piece
    const { open, frames } = this.#itemFor(piece)
    open.said.push(token.text)
    const padding = this.#options.includeObfuscation
      ? `,"obfuscation":"${obfuscation(token.text.length)}"`
      : ''
    // Put together from JSON text: there are as many of these as there are tokens.
    const data = `${open.deltaHead}${this.#sequence++}${open.deltaTail}${token.json}${padding}}`
    const text = segment.kind === 'text' || segment.kind === 'refusal' ? token.text : ''
    return [...frames, { wire: `event: ${open.item.deltaType}\ndata: ${data}\n\n`, tokens, text }]
  }

  end(finish: Finish): readonly Frame[] {
    const { message } = serverError()
    if (finish === 'error') {
      this.#end({ status: 'failed', error: { code: 'server_error', message } })
      return [this.#event({ type: 'error', code: 'server_error', message, param: null })]
    }
    if (finish === 'failed') {
      this.#end({ status: 'failed', error: { code: 'server_error', message } })
      return [this.#lifecycle('failed')]
    }
    if (finish === 'length' || finish === 'content_filter') {
      const closing = this.#close('incomplete')
      const reason = finish === 'length' ? 'max_output_tokens' : 'content_filter'
      this.#end({ status: 'incomplete', incomplete_details: { reason }, usage: this.#usage() })
      return [...closing, this.#lifecycle('incomplete')]
    }
    const closing = this.#close('completed')
    this.#end({ status: 'completed', completed_at: Math.floor(Date.now() / 1000), usage: this.#usage() })
    return [...closing, this.#lifecycle('completed')]
  }

  /** Ends the response at its present length, as a cancelled one. The API has no event for that. */
  cancel(): void {
    this.#end({ status: 'cancelled' })
  }

  malformed(): string {
    return 'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"\n\n'
  }

  #itemFor({ segment, segmentIndex }: Piece): { readonly open: OpenItem; readonly frames: readonly Frame[] } {
    if (this.#open?.segmentIndex === segmentIndex) return { open: this.#open, frames: [] }
    const closing = this.#close('completed')
    const item = outputItem(segment, this.#done.length)
    const fields = JSON.stringify(item.deltaFields).slice(1, -1)
    const open = {
      item,
      segmentIndex,
      deltaHead: `{"type":"${item.deltaType}","sequence_number":`,
      deltaTail: `,${fields},"delta":`,
      said: [],
    }
    this.#open = open
    return { open, frames: [...closing, ...item.opening().map((event) => this.#event(event))] }
  }

  #close(status: ItemStatus): readonly Frame[] {
    const open = this.#open
    if (open === undefined) return []
    this.#open = undefined
    const text = open.said.join('')
    this.#done.push(open.item.snapshot(text, status))
    return open.item.closing(text, status).map((event) => this.#event(event))
  }

  #end(progress: Partial<Progress>): void {
    this.#progress = { ...this.#progress, ...progress }
  }

  #itemStatus(): ItemStatus {
    return this.#progress.status === 'in_progress' ? 'in_progress' : 'incomplete'
  }

  #lifecycle(step: Lifecycle): Frame {
    return this.#frame(`response.${step}`, { response: this.response })
  }

  #event({ type, ...fields }: ItemEvent): Frame {
    return this.#frame(type, fields)
  }

  #frame(type: string, fields: object): Frame {
    const data = JSON.stringify({ type, sequence_number: this.#sequence++, ...fields })
    return silent(`event: ${type}\ndata: ${data}\n\n`)
  }

  #usage(): ResponseUsage {
    const { inputTokens } = this.#options
    return {
      input_tokens: inputTokens,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: this.#count.all,
      output_tokens_details: { reasoning_tokens: this.#count.reasoning },
      total_tokens: inputTokens + this.#count.all,
    }
  }
}
