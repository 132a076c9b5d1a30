// #region server
import { openaiChat } from '@sluice/core/openai'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import { type ChatMessage, type ChatTool, openAi } from '@sluice/wires/openai'
import Fastify from 'fastify'
import OpenAI from 'openai'
import { z } from 'zod'

const provider = new OpenAI()

const chat = defineStream({
  input: z.object({
    messages: z.array(z.custom<ChatMessage>()),
    tools: z.array(z.custom<ChatTool>()).default([]),
  }),
  run: ({ input: { messages, tools }, signal }) =>
    openaiChat(provider, { model: 'gpt-5-mini', messages, ...(tools.length > 0 && { tools }) }, { signal }),
})

const app = Fastify()
await app.register(openAi, {
  hub: createHub({ streams: { chat }, log: memoryLog() }),
  owner: ({ headers }) => userOf(headers.authorization), // the API key of your user
  prefix: '/v1',
  models: {
    'support-bot': {
      stream: 'chat',
      input: ({ messages, tools }) => ({ messages, tools }),
    },
  },
})
await app.listen({ port: 0 })
// #endregion

/** A user for each key. */
function userOf(authorization = ''): string | undefined {
  return /^Bearer sk-(\w+)$/.exec(authorization)?.[1]
}

export { app }
