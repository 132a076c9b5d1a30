// #region doors
import { openaiChat } from '@sluice/core/openai'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import fastifySse from '@sluice/fastify-sse'
import { aiSdk, type ChatMessage, toChatMessages } from '@sluice/wires/ai-sdk'
import { openAi } from '@sluice/wires/openai'
import Fastify, { type FastifyRequest } from 'fastify'
import OpenAI from 'openai'
import { z } from 'zod'

const openai = new OpenAI()

const chat = defineStream({
  input: z.object({ messages: z.array(z.custom<ChatMessage>()).min(1) }),
  run: ({ input: { messages }, signal }) => openaiChat(openai, { model: 'gpt-5-mini', messages }, { signal }),
})
const streams = { chat }
export type Streams = typeof streams

const hub = createHub({ streams, log: memoryLog() })
const owner = (request: FastifyRequest) => request.headers['x-user']?.toString() // your session

const app = Fastify()
await app.register(fastifySse, { hub, owner, prefix: '/streams' }) // Sluice's own client
await app.register(aiSdk, {
  ...{ hub, owner, prefix: '/api/chat', stream: 'chat' }, // useChat
  input: ({ messages }) => ({ messages: toChatMessages(messages) }),
})
await app.register(openAi, {
  ...{ hub, owner, prefix: '/v1' }, // the openai client
  models: { 'support-bot': { stream: 'chat', input: ({ messages }) => ({ messages }) } },
})
await app.listen({ port: 0 })

// #endregion

export { app }
