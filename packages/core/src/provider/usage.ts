import type { Usage } from '../events.ts'
import { type Fields, fieldsOf } from './fields.ts'

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
  /** Further numbers, see {@link detailsOf}. */
  readonly details?: Readonly<Record<string, number>> | undefined
}

/** The usage. Of input, output and total, one may be missing: it follows from the others. Else there is no usage. */
export function usageOf({
  input,
  output,
  total: said,
  cached,
  reasoning,
  details,
}: Counts): Usage | undefined {
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
    ...(details === undefined ? {} : { details }),
  }
}

/**
 * The numbers of a provider's usage that Sluice has no name for, by the provider's own names, those of inner objects
 * after a dot: `prompt_tokens_details.audio_tokens`. Zeros say nothing, and are left out.
 *
 * @param known - the names that are told otherwise
 */
export function detailsOf(
  said: Fields,
  known: ReadonlySet<string>,
): Readonly<Record<string, number>> | undefined {
  const details: Record<string, number> = {}
  for (const [name, value] of Object.entries(said)) {
    for (const [inner, count] of Object.entries(fieldsOf(value) ?? { '': value })) {
      const path = inner === '' ? name : `${name}.${inner}`
      if (typeof count === 'number' && count !== 0 && Number.isFinite(count) && !known.has(path))
        details[path] = count
    }
  }
  return Object.keys(details).length === 0 ? undefined : details
}

function difference(total: number | undefined, part: number | undefined): number | undefined {
  return total === undefined || part === undefined ? undefined : Math.max(0, total - part)
}
