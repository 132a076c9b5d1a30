import type { Usage } from '@sluice/core'
import type { UiFinishReason, UiMessageMetadata } from './chunks.ts'

const REASONS: Readonly<Record<string, UiFinishReason>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  content_filter: 'content-filter',
}

/** The AI SDK's word for a provider's reason. It has no word for a refusal. */
export function finishReasonOf(reason: string): UiFinishReason {
  return Object.hasOwn(REASONS, reason) ? REASONS[reason]! : 'other'
}

/** A usage by the names of the AI SDK. */
export function usageOf(usage: Usage): NonNullable<UiMessageMetadata['usage']> {
  const { input_tokens, output_tokens, total_tokens, cached_tokens, reasoning_tokens } = usage
  return {
    inputTokens: input_tokens,
    outputTokens: output_tokens,
    totalTokens: total_tokens,
    ...(cached_tokens !== undefined && { cachedInputTokens: cached_tokens }),
    ...(reasoning_tokens !== undefined && { reasoningTokens: reasoning_tokens }),
  }
}
