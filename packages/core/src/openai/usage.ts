import type { Usage } from '../events.ts'
import { fieldsOf } from '../provider/fields.ts'
import { countOf, detailsOf, usageOf } from '../provider/usage.ts'

/** The counts that have a field in {@link Usage}. */
const KNOWN: ReadonlySet<string> = new Set([
  'completion_tokens',
  'completion_tokens_details.reasoning_tokens',
  'input_tokens',
  'input_tokens_details.cached_tokens',
  'output_tokens',
  'output_tokens_details.reasoning_tokens',
  'prompt_tokens',
  'prompt_tokens_details.cached_tokens',
  'total_tokens',
])

/** The tokens that Chat Completions (`prompt_tokens`, …) or Responses (`input_tokens`, …) say were counted. */
export function toUsage(said: unknown): Usage | undefined {
  const usage = fieldsOf(said)
  if (usage === undefined) return undefined
  const inputDetails = fieldsOf(usage.input_tokens_details) ?? fieldsOf(usage.prompt_tokens_details)
  const outputDetails = fieldsOf(usage.output_tokens_details) ?? fieldsOf(usage.completion_tokens_details)
  return usageOf({
    input: countOf(usage.input_tokens) ?? countOf(usage.prompt_tokens),
    output: countOf(usage.output_tokens) ?? countOf(usage.completion_tokens),
    total: countOf(usage.total_tokens),
    cached: countOf(inputDetails?.cached_tokens),
    reasoning: countOf(outputDetails?.reasoning_tokens),
    details: detailsOf(usage, KNOWN),
  })
}
