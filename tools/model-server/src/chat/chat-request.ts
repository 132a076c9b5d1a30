import { z } from 'zod'

const textPart = z.object({ type: z.string(), text: z.string().optional(), refusal: z.string().optional() })

const message = z.object({
  role: z.enum(['developer', 'system', 'user', 'assistant', 'tool', 'function']),
  content: z
    .union([z.string(), z.array(textPart)], { error: 'expected a string or an array of content parts' })
    .nullish(),
})

const tool = z.object({
  type: z.string(),
  function: z.object({ name: z.string(), parameters: z.unknown().optional() }).optional(),
})

/** The body of `POST /v1/chat/completions`, as far as it makes a difference here. */
export const chatRequest = z.object({
  model: z.string(),
  messages: z.array(message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z
    .object({ include_usage: z.boolean().optional(), include_obfuscation: z.boolean().optional() })
    .nullish(),
  max_tokens: z.number().int().min(1).nullish(),
  max_completion_tokens: z.number().int().min(1).nullish(),
  n: z.number().int().min(1).max(1, 'this model server gives one choice').nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: z
    .union([z.string(), z.object({ function: z.object({ name: z.string() }).optional() })])
    .nullish(),
})

/** The body of `POST /v1/chat/completions`, as far as it makes a difference here. */
export type ChatRequest = z.output<typeof chatRequest>

/** The text of a message, its parts joined. */
export function textOf(content: ChatRequest['messages'][number]['content']): string {
  if (typeof content === 'string') return content
  return (content ?? []).map((part) => part.text ?? part.refusal ?? '').join('\n')
}
