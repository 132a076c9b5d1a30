// #region server
import { data } from '@sluice/core'
import { openaiChat } from '@sluice/core/openai'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import { aiSdk, type ChatMessage, toChatMessages } from '@sluice/wires/ai-sdk'
import Fastify from 'fastify'
import OpenAI from 'openai'
import { z } from 'zod'

const openai = new OpenAI()

const chat = defineStream({
  input: z.object({ messages: z.array(z.custom<ChatMessage>()) }),
  run: async function* ({ input: { messages }, signal }) {
    yield data('progress', { asked: messages.length })
    yield* openaiChat(openai, { model: 'gpt-5-mini', messages }, { signal })
  },
})
const streams = { chat }
export type Streams = typeof streams

const app = Fastify()
await app.register(aiSdk, {
  hub: createHub({ streams, log: memoryLog() }),
  owner: (request) => request.headers['x-user']?.toString(), // your session
  prefix: '/api/chat',
  stream: 'chat',
  input: ({ messages }) => ({ messages: toChatMessages(messages) }),
})
await app.listen({ port: 0 })

// #endregion

export { app }
