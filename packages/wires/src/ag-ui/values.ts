import type { FileEvent, SourceEvent, Usage } from '@sluice/core'
import type { AgUiUsage } from './events.ts'

/** The words that TanStack AI's client knows. Any other reason is the end of a whole answer there. */
const TANSTACK_REASONS: readonly string[] = ['stop', 'length', 'content_filter', 'tool_calls']

/**
 * Why the answer ended. AG-UI has no field for it: it is in the metadata, and once more as TanStack AI reads it.
 * @param waitsForClient tools of the client have to run: TanStack AI runs them if the reason is `tool_calls`
 */
export function finishMetadata(reason: string, waitsForClient: boolean): Readonly<Record<string, unknown>> {
  const known = TANSTACK_REASONS.includes(reason) ? reason : 'stop'
  return { finishReason: reason, tanstack: { finishReason: waitsForClient ? 'tool_calls' : known } }
}

/** A usage by the names of AG-UI. */
export function usageOf(usage: Usage): AgUiUsage {
  const { input_tokens, output_tokens, total_tokens, cached_tokens, reasoning_tokens } = usage
  return {
    inputTokens: input_tokens,
    outputTokens: output_tokens,
    totalTokens: total_tokens,
    ...(reasoning_tokens !== undefined && { reasoningTokens: reasoning_tokens }),
    ...(cached_tokens !== undefined && { cachedInputTokens: cached_tokens }),
  }
}

/** The value of the custom event of a source. */
export function sourceValue({ id, url, title, quote, start, end }: SourceEvent): object {
  return { id, url, title, quote, start, end }
}

/** The value of the custom event of a file. */
export function fileValue({ media_type: mediaType, url, data, name }: FileEvent): object {
  return { mediaType, url, data, name }
}
