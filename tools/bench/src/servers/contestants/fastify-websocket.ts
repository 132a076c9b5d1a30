import type { AddressInfo } from 'node:net'
import websocket from '@fastify/websocket'
import fastify from 'fastify'
import { type Contestant, LISTEN } from '../contestant.ts'
import { serveTokens } from './bare-ws.ts'

/** `ws` behind a Fastify route: the same messages, by the same hand. */
export const fastifyWebsocket: Contestant = {
  title: '`@fastify/websocket`',
  wire: 'ws',
  package: '@fastify/websocket',
  async serve() {
    const app = fastify()
    await app.register(websocket)
    app.get('/ws', { websocket: true }, (socket) => serveTokens(socket))
    await app.listen(LISTEN)
    return { port: (app.server.address() as AddressInfo).port, path: '/ws' }
  },
}
