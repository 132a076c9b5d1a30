import { randomBytes } from 'node:crypto'
import type { Finish, Piece } from '../answers/plan.ts'
import { TokenCount } from '../answers/usage.ts'
import { type Frame, silent, type Wire } from '../delivery/wire.ts'

/** The facts of an answer. */
export interface ContentWireOptions {
  /** The model's name, as the answer carries it. */
  readonly model: string
  /** Tokens of the prompt. */
  readonly promptTokens: number
}

const REASONS: Readonly<Record<Finish, string | undefined>> = {
  stop: 'STOP',
  length: 'MAX_TOKENS',
  content_filter: 'SAFETY',
  tool_calls: 'STOP',
  error: undefined,
  failed: undefined,
}

interface OpenCall {
  readonly segmentIndex: number
  readonly name: string
  said: string
}

/** Speaks the stream of Gemini's API, and the whole answer for clients that do not stream. */
export class ContentWire implements Wire {
  readonly #options: ContentWireOptions
  readonly #id = randomBytes(12).toString('base64url')
  readonly #count = new TokenCount()
  readonly #parts: object[] = []
  #call: OpenCall | undefined

  constructor(options: ContentWireOptions) {
    this.#options = options
  }

  begin(): readonly Frame[] {
    return []
  }

  say(piece: Piece): readonly Frame[] {
    const { segment, segmentIndex, token, tokens } = piece
    this.#count.add(piece)
    const frames = this.#call?.segmentIndex === segmentIndex ? [] : this.#endCall()
    if (segment.kind === 'tool_call') {
      // A call comes whole.
      this.#call ??= { segmentIndex, name: segment.toolName ?? '', said: '' }
      this.#call.said += token.text
      return [...frames, { wire: '', tokens, text: '' }]
    }
    const isThought = segment.kind === 'reasoning'
    const part = { text: token.text, ...(isThought && { thought: true }) }
    return [...frames, { wire: this.#chunk([part]).wire, tokens, text: isThought ? '' : token.text }]
  }

  end(finish: Finish): readonly Frame[] {
    const calls = this.#endCall()
    const reason = REASONS[finish]
    if (reason === undefined) {
      const error = { code: 500, message: 'An internal error has occurred.', status: 'INTERNAL' }
      return [silent(`data: ${JSON.stringify({ error })}\r\n\r\n`)]
    }
    return [...calls, this.#chunk([{ text: '' }], reason)]
  }

  malformed(): string {
    return 'data: {"candidates": [{"content": {"pa\r\n\r\n'
  }

  /** The answer as one object, once everything has been said; nothing if it ends in an error. */
  whole(finish: Finish): object | undefined {
    this.#endCall()
    const reason = REASONS[finish]
    return reason === undefined ? undefined : this.#body(this.#parts, reason)
  }

  #endCall(): readonly Frame[] {
    const call = this.#call
    if (call === undefined) return []
    this.#call = undefined
    const functionCall = { name: call.name, args: parsed(call.said) }
    return [this.#chunk([{ functionCall, thoughtSignature: 'c2lnbmVk' }])]
  }

  #chunk(parts: readonly object[], finishReason?: string): Frame {
    this.#parts.push(...parts)
    return silent(`data: ${JSON.stringify(this.#body(parts, finishReason))}\r\n\r\n`)
  }

  #body(parts: readonly object[], finishReason?: string): object {
    const { model, promptTokens } = this.#options
    const candidate = { content: { parts, role: 'model' }, ...(finishReason && { finishReason }), index: 0 }
    return {
      candidates: [candidate],
      usageMetadata: {
        promptTokenCount: promptTokens,
        candidatesTokenCount: this.#count.all - this.#count.reasoning,
        totalTokenCount: promptTokens + this.#count.all,
        ...(this.#count.reasoning > 0 && { thoughtsTokenCount: this.#count.reasoning }),
      },
      modelVersion: model,
      responseId: this.#id,
    }
  }
}

/** A call that was cut has half a JSON text as its arguments. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
