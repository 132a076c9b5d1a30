import { StreamingError } from '../errors.ts'
import type { Usage } from '../events.ts'
import type { FinishPart } from '../parts.ts'
import { ALIVE } from '../provider/alive.ts'
import { type Fields, fieldsOf, indexOf, kindOf, textOf } from '../provider/fields.ts'
import { malformedChunk } from '../provider/malformed-chunk.ts'
import { COMMENT, DONE } from '../provider/wire.ts'
import { takeAttachments } from './chat-attachments.ts'
import { ChatCalls } from './chat-calls.ts'
import { errorIn } from './chat-error.ts'
import { ChatMessage } from './chat-message.ts'
import { type ChatPart, reasoningOf, takeContent } from './chat-text.ts'
import { openaiError } from './errors.ts'
import { toUsage } from './usage.ts'

/** Text that some servers have in `finish_reason` while the answer goes on. */
const NO_REASON: ReadonlySet<string> = new Set(['', 'null', 'none'])

/** The way {@link ChatAnswer} treats an answer that ends without a finish reason. */
export type MissingFinishReason = 'error' | 'stop'

/**
 * One answer of Chat Completions, out of its chunks. It decides when the answer is whole.
 *
 * A finish reason alone does not say so: some gateways have `stop` in each chunk. It is believed if the server sent
 * output without a reason before, or if `[DONE]` or the usage follows it. Output after a reason takes it back.
 */
export class ChatAnswer {
  readonly #missingFinishReason: MissingFinishReason
  readonly #calls = new ChatCalls()
  readonly #message = new ChatMessage()
  #chunks = 0
  #reason: string | undefined
  #usage: Usage | undefined
  #isRefusal = false
  #hasOutput = false
  /** Output came without a reason, so that a reason means something. */
  #isReasonRare = false
  /** Output came after a reason, so that no reason means anything until something else confirms it. */
  #isReasonCommon = false
  #isConfirmed = false
  #isDone = false

  constructor(missingFinishReason: MissingFinishReason) {
    this.#missingFinishReason = missingFinishReason
  }

  /** Whether the answer is whole: what follows may bring the usage, and no error counts any more. */
  get isWhole(): boolean {
    return this.#reason !== undefined && this.#isConfirmed
  }

  /** Whether the provider has said that nothing follows. */
  get isDone(): boolean {
    return this.#isDone
  }

  /**
   * Takes what the wire has read, and puts the parts that it brings behind those that are there.
   * @throws {StreamingError} for an error that the provider has sent, and for a chunk that cannot be understood
   */
  take(item: unknown, parts: ChatPart[]): void {
    if (this.#isDone) return
    if (item === DONE) {
      this.#end()
      return
    }
    if (item === COMMENT) {
      parts.push(ALIVE)
      return
    }
    this.#chunks += 1
    if (item instanceof StreamingError) {
      if (this.isWhole) return
      throw item
    }
    const before = parts.length
    const chunk = fieldsOf(Array.isArray(item) ? item[0] : item)
    if (chunk !== undefined) this.#takeChunk(chunk, parts)
    if (parts.length === before) parts.push(ALIVE)
  }

  /** Gives the calls that have no id one, once the wire has ended, before {@link finish}. */
  nameCalls(): readonly ChatPart[] {
    return this.#calls.nameAll()
  }

  /**
   * The last part, once the wire has ended.
   * @throws {StreamingError} if the answer is not whole, or the provider withheld it
   */
  finish(): FinishPart {
    const reason = this.#reason
    if (reason === undefined && this.#isDone) throw withoutReason()
    if (reason === undefined || !this.#isConfirmed) {
      throw new StreamingError('connection_lost', 'The provider’s answer broke off.')
    }
    if (reason === 'content_filter') throw new StreamingError('content_filter')
    if (reason === 'error') {
      throw new StreamingError(
        'api_error',
        'The provider ended its answer with an error, and did not say which.',
      )
    }
    const usage = this.#usage
    return {
      type: 'finish',
      finishReason: this.#isRefusal ? 'refusal' : reason,
      ...(usage && { usage }),
      message: this.#message.message(this.#calls.calls),
    }
  }

  #takeChunk(chunk: Fields, parts: ChatPart[]): void {
    const choice = firstChoice(chunk.choices)
    const error = errorIn(chunk, choice)
    if (error !== undefined) {
      if (this.isWhole) return
      throw openaiError(error)
    }
    this.#takeUsage(chunk, choice)
    if (choice === undefined) return
    const before = parts.length
    try {
      this.#takeChoice(choice, parts)
    } catch (fault) {
      if (typeof fault !== 'string') throw fault
      throw malformedChunk(this.#chunks, fault, chunk)
    }
    this.#judge(
      parts.length > before,
      reasonOf(choice.finish_reason),
      fieldsOf(choice.delta) === undefined && fieldsOf(choice.message) !== undefined,
    )
  }

  #takeChoice(choice: Fields, parts: ChatPart[]): void {
    const delta = fieldsOf(choice.delta) ?? fieldsOf(choice.message) ?? completionOf(choice)
    if (delta === undefined) {
      if (typeof choice.delta === 'object' || choice.delta === undefined) return
      throw `has a delta that is ${kindOf(choice.delta)}`
    }
    const before = parts.length
    const reasoning = reasoningOf(delta)
    if (reasoning !== undefined) parts.push({ type: 'reasoning', content: reasoning })
    takeContent(delta.content, parts)
    const refusal = textOf(delta.refusal)
    this.#message.add(delta, refusal, parts, before)
    if (refusal !== undefined) {
      this.#isRefusal = true
      parts.push({ type: 'content', content: refusal })
    }
    if (delta.tool_calls !== undefined && delta.tool_calls !== null) this.#takeCalls(delta.tool_calls, parts)
    const legacy = fieldsOf(delta.function_call)
    if (legacy !== undefined) parts.push(this.#calls.takeLegacy(legacy))
    if (delta.annotations !== undefined || delta.images !== undefined) takeAttachments(delta, parts)
  }

  #takeCalls(calls: unknown, parts: ChatPart[]): void {
    if (!Array.isArray(calls)) throw `has tool calls that are ${kindOf(calls)}`
    for (const fragment of calls) {
      const part = this.#calls.take(fragment)
      if (part !== undefined) parts.push(part)
    }
  }

  #judge(hasOutput: boolean, reason: string | undefined, isMessage: boolean): void {
    if (hasOutput) {
      this.#hasOutput = true
      if (this.#reason !== undefined) {
        this.#isReasonCommon = true
        this.#isConfirmed = false
        this.#reason = undefined
      }
    }
    if (reason === undefined) this.#isReasonRare ||= hasOutput
    else {
      this.#reason = reason
      this.#isConfirmed ||= isMessage || (this.#isReasonRare && !this.#isReasonCommon)
    }
  }

  #takeUsage(chunk: Fields, choice: Fields | undefined): void {
    const said = chunk.usage ?? fieldsOf(chunk.x_groq)?.usage ?? choice?.usage
    if (said === undefined || said === null) return
    this.#usage = toUsage(said) ?? this.#usage
    // By itself it is the last chunk; with a choice it may be in each of them.
    if (choice === undefined && this.#reason !== undefined) this.#isConfirmed = true
  }

  #end(): void {
    this.#isDone = true
    if (this.#reason === undefined && this.#missingFinishReason === 'stop' && this.#hasOutput)
      this.#reason = 'stop'
    this.#isConfirmed = this.#reason !== undefined
  }
}

/** The choice with index 0, which may be missing, or text. Further ones are other answers to the same question. */
function firstChoice(choices: unknown): Fields | undefined {
  if (!Array.isArray(choices)) return undefined
  for (const choice of choices) {
    const fields = fieldsOf(choice)
    if (fields !== undefined && (indexOf(fields.index) ?? 0) === 0) return fields
  }
  return undefined
}

/** The text of a choice of the older Completions API, as a delta: some servers answer with it. */
function completionOf({ text }: Fields): Fields | undefined {
  return typeof text === 'string' ? { content: text } : undefined
}

function reasonOf(reason: unknown): string | undefined {
  if (reason === null || reason === undefined) return undefined
  if (typeof reason !== 'string') return undefined
  return NO_REASON.has(reason) ? undefined : reason
}

function withoutReason(): StreamingError {
  return new StreamingError(
    'connection_lost',
    "The provider ended its answer without a finish reason, so nobody knows whether it is whole. If this provider never sends one, set the option `missingFinishReason: 'stop'`.",
  )
}
