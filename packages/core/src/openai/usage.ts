import type { Usage } from '../events.ts'
import { fieldsOf } from '../provider/fields.ts'

/**
 * The tokens that Chat Completions (`prompt_tokens`, …) or Responses (`input_tokens`, …) say were counted. Of input,
 * output and total, one may be missing: it follows from the others. If more is missing, there is no usage.
 */
export function toUsage(said: unknown): Usage | undefined {
  const usage = fieldsOf(said)
  if (usage === undefined) return undefined
  const input = numberOf(usage.input_tokens) ?? numberOf(usage.prompt_tokens)
  const output = numberOf(usage.output_tokens) ?? numberOf(usage.completion_tokens)
  const total = numberOf(usage.total_tokens) ?? sum(input, output)
  const inputTokens = input ?? difference(total, output)
  const outputTokens = output ?? difference(total, input)
  if (inputTokens === undefined || outputTokens === undefined || total === undefined) return undefined
  const inputDetails = fieldsOf(usage.input_tokens_details) ?? fieldsOf(usage.prompt_tokens_details)
  const outputDetails = fieldsOf(usage.output_tokens_details) ?? fieldsOf(usage.completion_tokens_details)
  const cached = numberOf(inputDetails?.cached_tokens)
  const reasoning = numberOf(outputDetails?.reasoning_tokens)
  return {
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    total_tokens: total,
    ...(cached === undefined ? {} : { cached_tokens: cached }),
    ...(reasoning === undefined ? {} : { reasoning_tokens: reasoning }),
  }
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b
}

function difference(total: number | undefined, part: number | undefined): number | undefined {
  return total === undefined || part === undefined ? undefined : Math.max(0, total - part)
}
