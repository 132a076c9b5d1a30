import { randomBytes } from 'node:crypto'
import type { Finish, Piece, Segment } from '../answers/plan.ts'
import { TokenCount } from '../answers/usage.ts'
import { type Frame, silent, type Wire } from '../delivery/wire.ts'

/** The facts of a message. */
export interface MessagesWireOptions {
  /** The model's name, as the answer carries it. */
  readonly model: string
  /** Tokens of the prompt. */
  readonly inputTokens: number
}

const STOP_REASONS: Readonly<Record<Finish, string | undefined>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  content_filter: 'refusal',
  tool_calls: 'tool_use',
  error: undefined,
  failed: undefined,
}

interface OpenBlock {
  readonly segment: Segment
  readonly segmentIndex: number
  readonly id: string
  said: string
}

/** Speaks the stream of Anthropic's Messages API, and the whole message for clients that do not stream. */
export class MessagesWire implements Wire {
  readonly #options: MessagesWireOptions
  readonly #id = `msg_${randomBytes(12).toString('hex')}`
  readonly #count = new TokenCount()
  readonly #blocks: object[] = []
  #isRefusal = false
  #open: OpenBlock | undefined

  constructor(options: MessagesWireOptions) {
    this.#options = options
  }

  begin(): readonly Frame[] {
    const message = {
      ...this.#facts(),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: this.#usage(1),
    }
    return [this.#event('message_start', { message }), this.#event('ping', {})]
  }

  say(piece: Piece): readonly Frame[] {
    const { segment, token, tokens } = piece
    this.#count.add(piece)
    const { open, frames } = this.#blockFor(piece)
    open.said += token.text
    const isShown = segment.kind === 'text' || segment.kind === 'refusal'
    const frame = this.#delta(deltaOf(segment, token.text))
    return [...frames, { wire: frame.wire, tokens, text: isShown ? token.text : '' }]
  }

  end(finish: Finish): readonly Frame[] {
    const closing = this.#close()
    const reason = this.#stopReason(finish)
    if (reason === undefined) {
      const error = { type: 'api_error', message: 'Internal server error' }
      return [this.#event('error', { error })]
    }
    const delta = { stop_reason: reason, stop_sequence: null }
    const usage = { output_tokens: this.#count.all }
    return [...closing, this.#event('message_delta', { delta, usage }), this.#event('message_stop', {})]
  }

  malformed(): string {
    return 'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"ty\n\n'
  }

  /** The message as one object, once everything has been said; nothing if it ends in an error. */
  message(finish: Finish): object | undefined {
    this.#close()
    const reason = this.#stopReason(finish)
    if (reason === undefined) return undefined
    return {
      ...this.#facts(),
      content: this.#blocks,
      stop_reason: reason,
      stop_sequence: null,
      usage: this.#usage(this.#count.all),
    }
  }

  #stopReason(finish: Finish): string | undefined {
    return this.#isRefusal && finish === 'stop' ? 'refusal' : STOP_REASONS[finish]
  }

  #facts(): object {
    return { id: this.#id, type: 'message', role: 'assistant', model: this.#options.model }
  }

  #usage(outputTokens: number): object {
    return {
      input_tokens: this.#options.inputTokens,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: outputTokens,
    }
  }

  #blockFor({ segment, segmentIndex }: Piece): {
    readonly open: OpenBlock
    readonly frames: readonly Frame[]
  } {
    if (this.#open?.segmentIndex === segmentIndex) return { open: this.#open, frames: [] }
    const closing = this.#close()
    this.#isRefusal ||= segment.kind === 'refusal'
    const open = { segment, segmentIndex, id: `toolu_${randomBytes(12).toString('hex')}`, said: '' }
    this.#open = open
    const start = { index: this.#blocks.length, content_block: blockOf(open) }
    return { open, frames: [...closing, this.#event('content_block_start', start)] }
  }

  #close(): readonly Frame[] {
    const open = this.#open
    if (open === undefined) return []
    this.#open = undefined
    const signature = open.segment.kind === 'reasoning' ? 'c2lnbmVk' : undefined
    const signed = signature === undefined ? [] : [this.#delta({ type: 'signature_delta', signature })]
    const stop = this.#event('content_block_stop', { index: this.#blocks.length })
    this.#blocks.push(blockOf(open, signature))
    return [...signed, stop]
  }

  #delta(delta: object): Frame {
    return this.#event('content_block_delta', { index: this.#blocks.length, delta })
  }

  #event(type: string, fields: object): Frame {
    return silent(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`)
  }
}

function deltaOf({ kind }: Segment, text: string): object {
  if (kind === 'reasoning') return { type: 'thinking_delta', thinking: text }
  if (kind === 'tool_call') return { type: 'input_json_delta', partial_json: text }
  return { type: 'text_delta', text }
}

/** A block as it stands: empty when it begins. */
function blockOf({ segment, said, id }: OpenBlock, signature = ''): object {
  if (segment.kind === 'reasoning') return { type: 'thinking', thinking: said, signature }
  if (segment.kind !== 'tool_call') return { type: 'text', text: said, citations: null }
  return { type: 'tool_use', id, name: segment.toolName ?? '', input: parsed(said) }
}

/** A call that was cut has half a JSON text as its input. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
