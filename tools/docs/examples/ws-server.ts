// #region server
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import fastifyWs from '@sluice/fastify-ws'
import Fastify from 'fastify'
import { z } from 'zod'

const chat = defineStream({
  input: z.object({ question: z.string().min(1) }),
  run: async function* ({ input: { question } }) {
    yield* ['You ask: ', question]
  },
})
const streams = { chat }
export type Streams = typeof streams

const app = Fastify()
const hub = createHub({ streams, log: memoryLog() })
await app.register(fastifyWs, { hub, prefix: '/streams' }) // GET /streams/ws
await app.listen({ port: 0 })

// #endregion

export { app }
