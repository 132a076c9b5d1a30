import { StreamingError } from '../errors.ts'
import type { Usage } from '../events.ts'
import { httpError } from '../http-error/http-error.ts'
import type { ContentPart, FilePart, FinishPart, ReasoningPart, SourcePart, ToolCallPart } from '../parts.ts'
import { ALIVE } from '../provider/alive.ts'
import { type Fields, fieldsOf, textOf } from '../provider/fields.ts'
import { malformedChunk } from '../provider/malformed-chunk.ts'
import { fileOf, inlineFileOf, sourceOf } from '../provider/sources.ts'
import { countOf, detailsOf, usageOf } from '../provider/usage.ts'
import { DONE } from '../provider/wire.ts'

/** The parts that Gemini's chunks are converted to. */
export type GeminiPart = ContentPart | ReasoningPart | ToolCallPart | SourcePart | FilePart

/** Finish reasons by which Google says that it withheld the answer. */
const WITHHELD: ReadonlySet<string> = new Set([
  'BLOCKLIST',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
  'IMAGE_SAFETY',
  'PROHIBITED_CONTENT',
  'RECITATION',
  'SAFETY',
  'SPII',
])

/** Finish reasons by which Google says that the model failed: asked again, it may not. */
const FAILED: ReadonlySet<string> = new Set([
  'MALFORMED_FUNCTION_CALL',
  'MALFORMED_RESPONSE',
  'UNEXPECTED_TOOL_CALL',
])

/** The counts that have a field in Sluice's usage. */
const KNOWN: ReadonlySet<string> = new Set([
  'cachedContentTokenCount',
  'candidatesTokenCount',
  'promptTokenCount',
  'thoughtsTokenCount',
  'totalTokenCount',
])

/** One answer of Gemini, out of its chunks. */
export class ContentAnswer {
  readonly #said: Fields[] = []
  readonly #sources = new Set<string>()
  #chunks = 0
  #calls = 0
  #reason: string | undefined
  /** Output came without a reason, so that a reason means something. */
  #isReasonRare = false
  /** Output came after a reason, so that only the end of the stream tells which is the last. */
  #isReasonCommon = false
  #blockReason: string | undefined
  #usage: Usage | undefined

  /** How many chunks have come. */
  get chunks(): number {
    return this.#chunks
  }

  /** Whether the answer is surely whole: some models have `STOP` in each chunk, and then it is not before the end. */
  get isWhole(): boolean {
    return this.#reason !== undefined && this.#isReasonRare && !this.#isReasonCommon
  }

  /**
   * Takes a chunk, and puts the parts that it brings behind those that are there.
   * @throws {StreamingError} for an error that the provider has sent, and for a chunk that cannot be understood
   */
  take(item: unknown, parts: GeminiPart[]): void {
    if (item === DONE) return
    this.#chunks += 1
    const chunk = fieldsOf(item)
    const before = parts.length
    if (chunk !== undefined) this.#takeChunk(chunk, parts)
    if (parts.length === before) parts.push(ALIVE)
  }

  /**
   * The last part, once the chunks have ended.
   * @throws {StreamingError} if the answer is not whole, or Google withheld it
   */
  finish(): FinishPart {
    const reason = this.#reason
    if (this.#blockReason !== undefined && reason === undefined) throw withheld('prompt', this.#blockReason)
    if (reason === undefined) throw new StreamingError('connection_lost', 'The provider’s answer broke off.')
    if (WITHHELD.has(reason)) throw withheld('answer', reason)
    if (FAILED.has(reason)) {
      throw new StreamingError('api_error', `The model failed (${reason}).`)
    }
    const usage = this.#usage
    const message = { role: 'model', parts: this.#said }
    return {
      type: 'finish',
      finishReason: this.#named(reason),
      providerReason: reason,
      ...(usage && { usage }),
      message,
    }
  }

  #takeChunk(chunk: Fields, parts: GeminiPart[]): void {
    if (fieldsOf(chunk.error) !== undefined) throw httpError(chunk.error)
    this.#blockReason = textOf(fieldsOf(chunk.promptFeedback)?.blockReason) ?? this.#blockReason
    this.#usage = toUsage(chunk.usageMetadata) ?? this.#usage
    const candidate = fieldsOf(Array.isArray(chunk.candidates) ? chunk.candidates[0] : undefined)
    if (candidate === undefined) return
    const content = fieldsOf(candidate.content)?.parts
    const before = parts.length
    for (const part of Array.isArray(content) ? content : []) this.#takePart(fieldsOf(part), chunk, parts)
    this.#takeSources(fieldsOf(candidate.groundingMetadata)?.groundingChunks, parts)
    const said = textOf(candidate.finishReason)
    this.#judge(parts.length > before, said === 'FINISH_REASON_UNSPECIFIED' ? undefined : said)
  }

  /** Content after a finish reason revokes that reason. */
  #judge(hasOutput: boolean, reason: string | undefined): void {
    if (hasOutput) {
      this.#isReasonCommon ||= this.#reason !== undefined
      this.#isReasonRare ||= reason === undefined
      this.#reason = undefined
    }
    this.#reason = reason ?? this.#reason
  }

  #takePart(part: Fields | undefined, chunk: Fields, parts: GeminiPart[]): void {
    if (part !== undefined) this.#note(part)
    const text = textOf(part?.text)
    if (text !== undefined)
      parts.push({ type: part?.thought === true ? 'reasoning' : 'content', content: text })
    const file = fileIn(part)
    if (file !== undefined) parts.push(file)
    const call = fieldsOf(part?.functionCall)
    if (call === undefined) return
    if (call.partialArgs !== undefined || call.willContinue === true) {
      const fault = 'has a function call in pieces; leave `streamFunctionCallArguments` off'
      throw malformedChunk(this.#chunks, fault, chunk)
    }
    // Most models give none, and without one a call could have no result.
    const id = textOf(call.id) ?? `call_${crypto.randomUUID()}`
    const name = textOf(call.name)
    parts.push({
      type: 'tool_call',
      index: this.#calls++,
      id,
      ...(name && { name }),
      arguments: JSON.stringify(call.args ?? {}),
    })
  }

  /** Keeps a part for the message that the next request repeats. Plain text is joined; a signature stays with its part. */
  #note(part: Fields): void {
    const last = this.#said.at(-1)
    const isJoined =
      last !== undefined && isPlainText(last) && isPlainText(part) && last.thought === part.thought
    if (isJoined) this.#said[this.#said.length - 1] = { ...last, text: `${last.text}${part.text}` }
    else this.#said.push(part)
  }

  /** Sources come again with each chunk. */
  #takeSources(chunks: unknown, parts: GeminiPart[]): void {
    for (const chunk of Array.isArray(chunks) ? chunks : []) {
      const { uri, title, text: quote } = fieldsOf(chunk?.web) ?? fieldsOf(chunk?.retrievedContext) ?? {}
      const source = sourceOf({ url: uri, title, quote })
      const key = `${source?.url} ${source?.title}`
      if (source === undefined || this.#sources.has(key)) continue
      this.#sources.add(key)
      parts.push(source)
    }
  }

  #named(reason: string): string {
    if (reason === 'STOP') return this.#calls > 0 ? 'tool_calls' : 'stop'
    return reason === 'MAX_TOKENS' ? 'length' : reason.toLowerCase()
  }
}

function withheld(subject: string, reason: string): StreamingError {
  return new StreamingError('content_filter', undefined, {
    cause: new Error(`Google withheld the ${subject}: ${reason}.`),
  })
}

function toUsage(said: unknown): Usage | undefined {
  const usage = fieldsOf(said)
  if (usage === undefined) return undefined
  const reasoning = countOf(usage.thoughtsTokenCount)
  const answer = countOf(usage.candidatesTokenCount)
  const prompt = countOf(usage.promptTokenCount)
  return usageOf({
    input: prompt === undefined ? undefined : prompt + (countOf(usage.toolUsePromptTokenCount) ?? 0),
    output: answer === undefined && reasoning === undefined ? undefined : (answer ?? 0) + (reasoning ?? 0),
    total: countOf(usage.totalTokenCount),
    cached: countOf(usage.cachedContentTokenCount),
    reasoning,
    details: detailsOf(usage, KNOWN),
  })
}

function isPlainText(part: Fields): boolean {
  return typeof part.text === 'string' && part.thoughtSignature === undefined
}

function fileIn(part: Fields | undefined): FilePart | undefined {
  const inline = fieldsOf(part?.inlineData)
  if (inline !== undefined) return inlineFileOf(inline.mimeType, inline.data)
  const stored = fieldsOf(part?.fileData)
  return fileOf(stored?.fileUri, stored?.mimeType)
}
