import assert from 'node:assert/strict'
import { once } from 'node:events'
import websocket from '@fastify/websocket'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import fastifyWs from '@sluice/fastify-ws'
import Fastify from 'fastify'
import { z } from 'zod'

const greeting = defineStream({
  input: z.object({ name: z.string() }),
  run: async function* ({ input: { name } }) {
    yield `Hello ${name}.`
  },
})
const hub = createHub({ streams: { greeting }, log: memoryLog() })
export const app = Fastify()

// #region own
await app.register(websocket, {
  options: { maxPayload: 65_536, maxFragments: 1024, perMessageDeflate: false },
  preClose: (done) => done(), // or it closes our sockets too, before their streams have ended
})
app.get('/echo', { websocket: true }, (socket) => {
  socket.on('message', (text) => socket.send(String(text)))
})
// #endregion

// #region origin
await app.register(fastifyWs, { hub, prefix: '/streams', allowedOrigins: ['https://app.example'] })
// #endregion

await app.listen({ port: 0 })

// #region inject
const messages: { readonly type: string; readonly chunks?: readonly { readonly type: string }[] }[] = []
const socket = await app.injectWS(
  '/streams/ws',
  { headers: { 'sec-websocket-protocol': 'sluice.v1' } },
  { onInit: (socket) => socket.on('message', (text) => messages.push(JSON.parse(String(text)))) },
)
const input = { name: 'Ann' }
socket.send(JSON.stringify({ type: 'stream_request', request_id: '1', stream: 'greeting', input }))
while (messages.at(-1)?.chunks?.at(-1)?.type !== 'stream_complete') await once(socket, 'message')
assert.deepEqual(
  messages.map(({ type }) => type),
  ['connection_established', 'stream_attached', 'chunk_batch'],
)
// #endregion

const [connection] = app.sluiceConnections.list()
const connectionId = connection!.connectionId

// #region connections
app.sluiceConnections.list({ owner: 'ann' }) // id, since when, last seen, bytes, and for each stream its window
app.sluiceConnections.close(connectionId, 4000) // its client may come back; without a code (4503) it must not
// #endregion
export const [closedWith] = await once(socket, 'close')
