import type { ChatCompletion, ChatCompletionChunk } from 'openai/resources/chat/completions'
import type { Finish, Piece } from '../answers/plan.ts'
import { TokenCount } from '../answers/usage.ts'
import { serverError } from '../api/api-error.ts'
import { alphanumericId } from '../api/ids.ts'
import { obfuscation } from '../api/obfuscation.ts'
import { type Frame, silent, type Wire } from '../delivery/wire.ts'

/** Options of a chat completion. */
export interface ChatWireOptions {
  /** The dated name of the model. */
  readonly model: string
  /** Tokens of the prompt. */
  readonly promptTokens: number
  /** Whether the stream ends with a chunk of usage (`stream_options.include_usage`). */
  readonly includeUsage: boolean
  /** Whether chunks carry padding (`stream_options.include_obfuscation`). */
  readonly includeObfuscation: boolean
}

type Delta = ChatCompletionChunk.Choice.Delta
type ToolCallDelta = ChatCompletionChunk.Choice.Delta.ToolCall

/** Speaks the stream of Chat Completions, and the whole answer for those who do not stream. */
export class ChatWire implements Wire {
  readonly #options: ChatWireOptions
  readonly #head: string
  readonly #facts: Pick<ChatCompletion, 'id' | 'created' | 'model' | 'service_tier' | 'system_fingerprint'>
  readonly #count = new TokenCount()
  readonly #content: string[] = []
  readonly #reasoning: string[] = []
  readonly #refusal: string[] = []
  readonly #calls: { readonly id: string; readonly name: string; arguments: string }[] = []
  #segmentIndex = -1

  /** @param options - model, prompt and what the client wants in its chunks */
  constructor(options: ChatWireOptions) {
    this.#options = options
    this.#facts = {
      id: alphanumericId('chatcmpl-', 29),
      created: Math.floor(Date.now() / 1000),
      model: options.model,
      service_tier: 'default',
      system_fingerprint: 'fp_51ce5e0b2a',
    }
    const { id, ...facts } = this.#facts
    this.#head = `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', ...facts }).slice(0, -1)},"choices":[`
  }

  begin(): readonly Frame[] {
    return [this.#chunk('{"role":"assistant","content":"","refusal":null}')]
  }

  say(piece: Piece): readonly Frame[] {
    const { token, segment, tokens } = piece
    this.#count.add(piece)
    switch (segment.kind) {
      case 'reasoning':
        this.#reasoning.push(token.text)
        // Not OpenAI's: DeepSeek and vLLM send it, and clients of theirs read it.
        return [{ ...this.#chunk(`{"reasoning_content":${token.json}}`, token.text.length), tokens }]
      case 'refusal':
        this.#refusal.push(token.text)
        return [{ ...this.#chunk(`{"refusal":${token.json}}`, token.text.length), tokens, text: token.text }]
      case 'text':
        this.#content.push(token.text)
        return [{ ...this.#chunk(`{"content":${token.json}}`, token.text.length), tokens, text: token.text }]
      case 'tool_call':
        return this.#sayCall(piece)
    }
  }

  end(finish: Finish): readonly Frame[] {
    if (finish === 'error' || finish === 'failed') {
      return [silent(`data: ${JSON.stringify(serverError())}\n\n`)]
    }
    const frames = [this.#chunk('{}', 0, finish)]
    if (this.#options.includeUsage) {
      frames.push(silent(`${this.#head}],"usage":${JSON.stringify(this.#usage())}${this.#padding(0)}}\n\n`))
    }
    return [...frames, silent('data: [DONE]\n\n')]
  }

  malformed(): string {
    return `${this.#head}{"index":0,"delta":{"content":"\n\n`
  }

  /** The answer as one object, once everything has been said; nothing if it ends in an error. */
  completion(finish: Finish): ChatCompletion | undefined {
    if (finish === 'error' || finish === 'failed') return undefined
    const content = this.#content.join('')
    const refusal = this.#refusal.join('')
    const reasoning = this.#reasoning.join('')
    const calls = this.#calls.map(({ id, ...call }) => ({ id, type: 'function' as const, function: call }))
    const message = {
      role: 'assistant' as const,
      content: content === '' && (refusal !== '' || calls.length > 0) ? null : content,
      refusal: refusal === '' ? null : refusal,
      annotations: [],
      ...(reasoning !== '' && { reasoning_content: reasoning }),
      ...(calls.length > 0 && { tool_calls: calls }),
    }
    return {
      ...this.#facts,
      object: 'chat.completion',
      choices: [{ index: 0, message, logprobs: null, finish_reason: finish }],
      usage: this.#usage(),
    }
  }

  #sayCall({ segment, segmentIndex, token, tokens }: Piece): readonly Frame[] {
    const frames: Frame[] = []
    if (segmentIndex !== this.#segmentIndex) {
      this.#segmentIndex = segmentIndex
      const call = { id: alphanumericId('call_', 24), name: segment.toolName ?? '', arguments: '' }
      const { id, ...named } = call
      frames.push(this.#callChunk({ index: this.#calls.length, id, type: 'function', function: named }))
      this.#calls.push(call)
    }
    const index = this.#calls.length - 1
    const call = this.#calls[index]
    if (call !== undefined) call.arguments += token.text
    frames.push({ ...this.#callChunk({ index, function: { arguments: token.text } }), tokens })
    return frames
  }

  #callChunk(call: ToolCallDelta): Frame {
    return this.#chunk(JSON.stringify({ tool_calls: [call] } satisfies Delta))
  }

  // Put together from JSON text: a benchmark's model server sends more chunks than anything else here does.
  #chunk(delta: string, length = 0, finish: string | null = null): Frame {
    const reason = finish === null ? 'null' : `"${finish}"`
    const usage = this.#options.includeUsage ? ',"usage":null' : ''
    const choice = `{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${reason}}`
    return silent(`${this.#head}${choice}]${usage}${this.#padding(length)}}\n\n`)
  }

  #padding(length: number): string {
    return this.#options.includeObfuscation ? `,"obfuscation":"${obfuscation(length)}"` : ''
  }

  #usage(): NonNullable<ChatCompletion['usage']> {
    const { promptTokens } = this.#options
    return {
      prompt_tokens: promptTokens,
      completion_tokens: this.#count.all,
      total_tokens: promptTokens + this.#count.all,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
      completion_tokens_details: {
        reasoning_tokens: this.#count.reasoning,
        audio_tokens: 0,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
    }
  }
}
