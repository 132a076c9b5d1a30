import type { Usage } from '@sluice/core'

/** The tokens of an answer by the names of Chat Completions. */
export interface CompletionUsage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
  readonly prompt_tokens_details: Readonly<Record<string, number>>
  readonly completion_tokens_details: Readonly<Record<string, number>>
}

/** The tokens of an answer by the names of Responses. */
export interface ResponseUsage {
  readonly input_tokens: number
  readonly input_tokens_details: Readonly<Record<string, number>>
  readonly output_tokens: number
  readonly output_tokens_details: Readonly<Record<string, number>>
  readonly total_tokens: number
}

/** How the sources of OpenAI's two APIs name the provider's further counts. */
const INPUT_DETAILS = ['prompt_tokens_details.', 'input_tokens_details.']
const OUTPUT_DETAILS = ['completion_tokens_details.', 'output_tokens_details.']

/** A usage by the names of Chat Completions. */
export function completionUsage(usage: Usage): CompletionUsage {
  return {
    prompt_tokens: usage.input_tokens,
    completion_tokens: usage.output_tokens,
    total_tokens: usage.total_tokens,
    prompt_tokens_details: inputDetails(usage),
    completion_tokens_details: outputDetails(usage),
  }
}

/** A usage by the names of Responses. */
export function responseUsage(usage: Usage): ResponseUsage {
  return {
    input_tokens: usage.input_tokens,
    input_tokens_details: inputDetails(usage),
    output_tokens: usage.output_tokens,
    output_tokens_details: outputDetails(usage),
    total_tokens: usage.total_tokens,
  }
}

function inputDetails(usage: Usage): Readonly<Record<string, number>> {
  return { ...detailsOf(usage, INPUT_DETAILS), cached_tokens: usage.cached_tokens ?? 0 }
}

function outputDetails(usage: Usage): Readonly<Record<string, number>> {
  return { ...detailsOf(usage, OUTPUT_DETAILS), reasoning_tokens: usage.reasoning_tokens ?? 0 }
}

function detailsOf({ details = {} }: Usage, prefixes: readonly string[]): Record<string, number> {
  const found: Record<string, number> = {}
  for (const [name, count] of Object.entries(details)) {
    const prefix = prefixes.find((prefix) => name.startsWith(prefix))
    if (prefix !== undefined) found[name.slice(prefix.length)] = count
  }
  return found
}
