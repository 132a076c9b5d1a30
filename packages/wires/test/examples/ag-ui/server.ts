// #region server
import { openaiChat } from '@sluice/core/openai'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import { agUi, type ChatMessage, stateSnapshot, toChatMessages } from '@sluice/wires/ag-ui'
import Fastify from 'fastify'
import OpenAI from 'openai'
import { z } from 'zod'

const openai = new OpenAI()

const chat = defineStream({
  input: z.object({ messages: z.array(z.custom<ChatMessage>()) }),
  run: async function* ({ input: { messages }, signal }) {
    yield stateSnapshot({ asked: messages.length })
    yield* openaiChat(openai, { model: 'gpt-5-mini', messages }, { signal })
  },
})

const app = Fastify()
await app.register(agUi, {
  hub: createHub({ streams: { chat }, log: memoryLog() }),
  owner: (request) => request.headers['x-user']?.toString(), // your session
  url: '/agent',
  stream: 'chat',
  input: ({ messages }) => ({ messages: toChatMessages(messages) }),
})
await app.listen({ port: 0 })

// #endregion

export { app }
