import type { LanguageModelUsage, TextStreamPart, ToolSet } from 'ai'
import { StreamingError } from '../errors.ts'
import type { Usage } from '../events.ts'
import type {
  ContentPart,
  FilePart,
  FinishPart,
  ReasoningPart,
  SourcePart,
  ToolCallPart,
  ToolResultPart,
} from '../parts.ts'
import { ALIVE } from '../provider/alive.ts'
import { inlineFileOf, sourceOf } from '../provider/sources.ts'
import { countOf, usageOf } from '../provider/usage.ts'
import { sdkError } from './errors.ts'

/** The parts that `fullStream`'s parts are converted to. */
export type SdkPart =
  | ContentPart
  | ReasoningPart
  | ToolCallPart
  | ToolResultPart
  | SourcePart
  | FilePart
  | FinishPart

type SdkFinish = Extract<TextStreamPart<ToolSet>, { readonly type: 'finish' }>

/** Turns the parts of the AI SDK's `fullStream` into Sluice's. */
export class FullStreamParts {
  readonly #calls = new Map<string, { readonly index: number; hasArguments: boolean }>()

  /**
   * Puts the parts that one of the SDK's brings behind those that are there.
   * @throws {StreamingError} for an error, an abort, and an answer that was withheld
   */
  take(said: TextStreamPart<ToolSet>, parts: SdkPart[]): void {
    switch (said.type) {
      case 'text-delta':
        parts.push({ type: 'content', content: said.text })
        return
      case 'reasoning-delta':
        parts.push({ type: 'reasoning', content: said.text })
        return
      case 'tool-input-start':
        this.#begin(said.id, said.toolName, parts)
        return
      case 'tool-input-delta':
        this.#arguments(said.id, said.delta, parts)
        return
      case 'tool-call':
        this.#whole(said.toolCallId, said.toolName, said.input, parts)
        return
      case 'tool-result':
        // A result that is not the last is told again.
        if (said.preliminary !== true)
          parts.push({ type: 'tool_result', id: said.toolCallId, output: said.output })
        return
      case 'tool-error':
        parts.push({ type: 'tool_result', id: said.toolCallId, output: messageOf(said.error), isError: true })
        return
      case 'source':
        push(parts, sourceOf({ id: said.id, title: said.title, url: 'url' in said ? said.url : undefined }))
        return
      case 'file':
        push(parts, inlineFileOf(said.file.mediaType, said.file.base64))
        return
      case 'finish':
        parts.push(finish(said))
        return
      case 'error':
        throw sdkError(said.error)
      case 'abort':
        throw new StreamingError('connection_closed', undefined, { cause: said.reason })
      default:
        parts.push(ALIVE)
    }
  }

  #begin(id: string, name: string, parts: SdkPart[]): void {
    if (this.#calls.has(id)) return
    const index = this.#calls.size
    this.#calls.set(id, { index, hasArguments: false })
    parts.push({ type: 'tool_call', index, id, name })
  }

  #arguments(id: string, delta: string, parts: SdkPart[]): void {
    const call = this.#calls.get(id)
    if (call === undefined || delta === '') return
    call.hasArguments = true
    parts.push({ type: 'tool_call', index: call.index, arguments: delta })
  }

  /** The call as it is in the end. Not every provider streams its input. */
  #whole(id: string, name: string, input: unknown, parts: SdkPart[]): void {
    this.#begin(id, name, parts)
    if (!this.#calls.get(id)?.hasArguments) this.#arguments(id, JSON.stringify(input ?? {}), parts)
  }
}

function finish({ finishReason, rawFinishReason, totalUsage }: SdkFinish): FinishPart {
  if (finishReason === 'content-filter') throw new StreamingError('content_filter')
  if (finishReason === 'error') {
    throw new StreamingError(
      'api_error',
      'The provider ended its answer with an error, and did not say which.',
    )
  }
  // So the SDK says it if the provider's stream ended without a reason.
  const isCut = finishReason === 'interrupted' || (finishReason === 'other' && rawFinishReason === undefined)
  if (isCut) throw new StreamingError('connection_lost', 'The provider’s answer broke off.')
  const usage = toUsage(totalUsage)
  return {
    type: 'finish',
    finishReason: finishReason.replace('-', '_'),
    ...(rawFinishReason !== undefined && { providerReason: rawFinishReason }),
    ...(usage && { usage }),
  }
}

function toUsage(usage: LanguageModelUsage): Usage | undefined {
  return usageOf({
    input: countOf(usage.inputTokens),
    output: countOf(usage.outputTokens),
    total: countOf(usage.totalTokens),
    cached: countOf(usage.inputTokenDetails?.cacheReadTokens),
    reasoning: countOf(usage.outputTokenDetails?.reasoningTokens),
  })
}

function push(parts: SdkPart[], part: SdkPart | undefined): void {
  parts.push(part ?? ALIVE)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
