import { openaiChat } from '@sluice/core/openai'
import { defineStream } from '@sluice/core/server'
import { z } from 'zod'
import type { ModelSource } from './model-source.ts'

const message = z.object({
  role: z.enum(['user', 'assistant', 'system']),
  content: z.string().min(1).max(100_000),
})

const input = z.object({ messages: z.array(message).min(1).max(200) })

/** The streams of the demo: one, `chat`, that answers a conversation. */
export function chatStreams({ client, model }: Pick<ModelSource, 'client' | 'model'>) {
  const chat = defineStream({
    input,
    model,
    run: ({ input: { messages }, signal }) => openaiChat(client, { model, messages }, { signal }),
  })
  return { chat }
}

/** What the page's client is typed with. */
export type Streams = ReturnType<typeof chatStreams>
