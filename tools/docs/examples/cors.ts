import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import fastifySse from '@sluice/fastify-sse'
import Fastify from 'fastify'
import { z } from 'zod'

const greeting = defineStream({
  input: z.object({}),
  run: async function* () {
    yield 'Hello.'
  },
})
const hub = createHub({ streams: { greeting }, log: memoryLog() })

export const app = Fastify()

// #region cors
import cors from '@fastify/cors'

const origins = ['https://app.example']
await app.register(cors, { origin: origins, methods: ['GET', 'POST', 'DELETE'] })
await app.register(fastifySse, { hub, prefix: '/streams', allowedOrigins: origins })
// #endregion
