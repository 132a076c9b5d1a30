import { z } from 'zod'

const part = z.object({ type: z.string(), text: z.string().optional(), refusal: z.string().optional() })

const item = z.object({
  type: z.string().optional(),
  role: z.enum(['user', 'assistant', 'system', 'developer']).optional(),
  content: z
    .union([z.string(), z.array(part)], { error: 'expected a string or an array of content parts' })
    .nullish(),
  output: z.unknown().optional(),
})

const tool = z.looseObject({
  type: z.string(),
  name: z.string().optional(),
  parameters: z.unknown().optional(),
})

/** The body of `POST /v1/responses`, as far as it makes a difference here or is echoed. */
export const responseRequest = z.object({
  model: z.string(),
  input: z.union([z.string(), z.array(item).min(1)], {
    error: 'expected a string or an array of input items',
  }),
  instructions: z.string().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_obfuscation: z.boolean().optional() }).nullish(),
  background: z.boolean().nullish(),
  store: z.boolean().nullish(),
  previous_response_id: z.string().nullish(),
  max_output_tokens: z.number().int().min(16).nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: z.union([z.string(), z.looseObject({ name: z.string().optional() })]).nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  reasoning: z.looseObject({}).nullish(),
  temperature: z.number().nullish(),
  text: z.looseObject({}).nullish(),
  top_p: z.number().nullish(),
  truncation: z.string().nullish(),
  user: z.string().nullish(),
})

/** The body of `POST /v1/responses`, as far as it makes a difference here or is echoed. */
export type ResponseRequest = z.output<typeof responseRequest>

/** A message of the input. */
export interface InputMessage {
  /** The role of its author. */
  readonly role: string
  /** Its text, its parts joined. */
  readonly text: string
}

/** The messages of an input; a text alone is the user's. */
export function messagesOf({ input, instructions }: ResponseRequest): readonly InputMessage[] {
  const first = instructions ? [{ role: 'developer', text: instructions }] : []
  if (typeof input === 'string') return [...first, { role: 'user', text: input }]
  return [...first, ...input.map(messageOf)]
}

function messageOf({ role, content, output }: z.output<typeof item>): InputMessage {
  if (output !== undefined) {
    return { role: 'tool', text: typeof output === 'string' ? output : JSON.stringify(output) }
  }
  const text =
    typeof content === 'string'
      ? content
      : (content ?? []).map((piece) => piece.text ?? piece.refusal ?? '').join('\n')
  return { role: role ?? 'assistant', text }
}
