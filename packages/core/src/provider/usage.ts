import type { Usage } from '../events.ts'

/** A count of tokens, if it is one. */
export function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
}

/** Tokens as a provider counts them; `input` includes what came out of a cache, `output` includes reasoning. */
export interface Counts {
  readonly input: number | undefined
  readonly output: number | undefined
  readonly total?: number | undefined
  readonly cached?: number | undefined
  readonly reasoning?: number | undefined
}

/** The usage. Of input, output and total, one may be missing: it follows from the others. Else there is no usage. */
export function usageOf({ input, output, total: said, cached, reasoning }: Counts): Usage | undefined {
  const total = said ?? (input === undefined || output === undefined ? undefined : input + output)
  const inputTokens = input ?? difference(total, output)
  const outputTokens = output ?? difference(total, input)
  if (inputTokens === undefined || outputTokens === undefined || total === undefined) return undefined
  return {
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    total_tokens: total,
    ...(cached === undefined ? {} : { cached_tokens: cached }),
    ...(reasoning === undefined ? {} : { reasoning_tokens: reasoning }),
  }
}

function difference(total: number | undefined, part: number | undefined): number | undefined {
  return total === undefined || part === undefined ? undefined : Math.max(0, total - part)
}
