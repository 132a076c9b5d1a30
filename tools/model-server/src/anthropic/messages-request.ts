import { z } from 'zod'

const block = z.object({ type: z.string(), text: z.string().optional() })

const content = z.union([z.string(), z.array(block)], { error: 'expected a string or an array of blocks' })

/** The body of `POST /v1/messages`, as far as it makes a difference here. */
export const messagesRequest = z.object({
  model: z.string(),
  max_tokens: z.number().int().min(1),
  messages: z.array(z.object({ role: z.enum(['user', 'assistant', 'system']), content })).min(1),
  system: content.optional(),
  stream: z.boolean().optional(),
  stop_sequences: z.array(z.string()).optional(),
  tools: z.array(z.object({ name: z.string(), input_schema: z.unknown().optional() })).optional(),
  tool_choice: z.object({ type: z.string(), name: z.string().optional() }).optional(),
})

/** The body of `POST /v1/messages`, as far as it makes a difference here. */
export type MessagesRequest = z.output<typeof messagesRequest>

/** The text of a content, its blocks joined. */
export function textOf(said: z.output<typeof content> | undefined): string {
  if (typeof said === 'string') return said
  return (said ?? []).map(({ text }) => text ?? '').join('\n')
}
