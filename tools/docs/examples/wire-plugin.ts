// #region wire-plugin
import { Transcript } from '@sluice/core'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import { refuseRestarts } from '@sluice/core/transport'
import { streamServer, type ViewingOptions } from '@sluice/fastify-sse'
import type { FastifyInstance } from 'fastify'
import Fastify from 'fastify'
import { z } from 'zod'
import { paragraphs } from './wire.ts'

async function paragraphRoutes(app: FastifyInstance, options: ViewingOptions): Promise<void> {
  const server = streamServer(app, options, { errorBody: paragraphs.errorBody })
  const { hub, authorize } = server.options
  refuseRestarts(paragraphs, hub.streams)

  app.post('/ask', async (request, reply) => {
    const owner = await server.ownerOf(request)
    const handle = await hub.start({ stream: 'chat', input: request.body, owner, authorize })
    reply.header('location', `${app.prefix}/ask/${handle.record.streamId}`)
    return server.send(reply, handle, { wire: paragraphs })
  })

  app.get<{ Params: { id: string } }>('/ask/:id', async (request, reply) => {
    const owner = await server.ownerOf(request)
    const handle = await hub.find({ stream: 'chat', streamId: request.params.id, owner, authorize })
    return server.send(reply, handle, { wire: paragraphs, cursor: server.lastEventId(request) })
  })

  app.delete<{ Params: { id: string } }>('/ask/:id', async (request, reply) => {
    const owner = await server.ownerOf(request)
    await hub.cancel({ stream: 'chat', streamId: request.params.id, owner, authorize })
    return reply.code(204).send()
  })

  app.post('/ask-whole', async (request, reply) => {
    const owner = await server.ownerOf(request)
    const handle = await hub.start({ stream: 'chat', input: request.body, owner, authorize })
    const transcript = new Transcript()
    for await (const event of server.read(reply, handle)) transcript.apply(event)
    return { text: transcript.text }
  })
}
// #endregion

const chat = defineStream({
  input: z.object({ question: z.string() }),
  run: async function* ({ input }) {
    yield `${input.question} `
    yield 'There.'
  },
})

export const app = Fastify()
export const hub = createHub({ streams: { chat }, log: memoryLog() })
await app.register(paragraphRoutes, { hub, owner: false, prefix: '/v1' })
