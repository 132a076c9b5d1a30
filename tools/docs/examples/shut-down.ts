import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import fastifySse from '@sluice/fastify-sse'
import Fastify from 'fastify'
import { z } from 'zod'

export const lastWord = Promise.withResolvers<string>()

const speech = defineStream({
  input: z.object({}),
  run: async function* () {
    yield 'I have begun, '
    yield await lastWord.promise
  },
})
const hub = createHub({ streams: { speech }, log: memoryLog() })
const app = Fastify()
await app.register(fastifySse, { hub, prefix: '/streams' })

// #region shut-down
async function shutDown(): Promise<void> {
  await hub.close()
  await app.close()
}

// #endregion

export { app, shutDown }
