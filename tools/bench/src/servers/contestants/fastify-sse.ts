import type { AddressInfo } from 'node:net'
import { fastifySSE } from '@fastify/sse'
import fastify from 'fastify'
import { type Contestant, eventOf, LISTEN } from '../contestant.ts'
import { type Ask, Tokens } from '../server/tokens.ts'

/** The plugin of the Fastify organisation, used as in its README: an async iterable of messages. */
export const peerFastifySse: Contestant = {
  title: '`@fastify/sse`',
  wire: 'sse',
  package: '@fastify/sse',
  async serve() {
    const app = fastify()
    await app.register(fastifySSE)
    app.post('/chat', { sse: 'only' }, async (request, reply) => {
      const tokens = new Tokens(request.body as Ask)
      reply.sse.onClose(() => tokens.stop())
      await reply.sse.send(messages(tokens))
    })
    await app.listen(LISTEN)
    return { port: (app.server.address() as AddressInfo).port, path: '/chat' }
  },
}

async function* messages(tokens: Tokens): AsyncGenerator<{ id: string; data: unknown }> {
  let id = 0
  for await (const token of tokens) {
    id += 1
    yield { id: String(id), data: eventOf(id, token) }
  }
}
