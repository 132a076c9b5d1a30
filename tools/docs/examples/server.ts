// #region server
import { openaiChat } from '@sluice/core/openai'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import fastifySse from '@sluice/fastify-sse'
import Fastify from 'fastify'
import OpenAI from 'openai'
import { z } from 'zod'

const openai = new OpenAI()

const chat = defineStream({
  input: z.object({ question: z.string().min(1) }),
  run: ({ input: { question }, signal }) =>
    openaiChat(openai, { model: 'gpt-5-mini', messages: [{ role: 'user', content: question }] }, { signal }),
})
const streams = { chat }
export type Streams = typeof streams

const app = Fastify()
await app.register(fastifySse, { hub: createHub({ streams, log: memoryLog() }), prefix: '/streams' })
await app.listen({ port: 0 })

// #endregion

export { app }
