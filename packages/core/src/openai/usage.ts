import type { Usage } from '../events.ts'
import { fieldsOf } from '../provider/fields.ts'
import { countOf, usageOf } from '../provider/usage.ts'

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
  })
}
