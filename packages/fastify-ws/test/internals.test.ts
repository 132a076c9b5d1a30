import { once } from 'node:events'
import { Socket } from 'node:net'
import { test } from 'tap'
import { frameText } from '../src/websocket-frame.ts'
import { serve } from './support/server.ts'

// The plugin goes past public interfaces of `ws` where that is faster. If one of these tests fails, `ws` or
// `@fastify/websocket` has changed, and socket-writer.ts has to change with it. `npm run bench -- servers --without frames` tells
// what it buys.

test('socket-writer.ts: the socket of the request is the socket of the WebSocket', async (t) => {
  const { connect, app } = await serve(t)
  const connected = once(app.websocketServer, 'connection')
  await connect()
  const [socket, request] = await connected
  t.ok(request.socket instanceof Socket)
  t.equal((socket as { readonly _socket?: unknown })._socket, request.socket)
})

test('socket-writer.ts: without extensions a frame that is written into the socket is a message among those of `ws`', async (t) => {
  const { connect, app } = await serve(t)
  const connected = once(app.websocketServer, 'connection')
  const peer = await connect()
  const [socket, request] = await connected
  t.equal(socket.extensions, '')
  t.equal(socket.readyState, 1)
  t.notOk(Object.hasOwn(socket, 'send'), '`send` is a method of the class')
  socket.send('{"type":"a"}')
  request.socket.write(frameText('{"type":"b"}'))
  socket.send('{"type":"c"}')
  await peer.take('c')
  t.same(peer.messages.slice(-3), [{ type: 'a' }, { type: 'b' }, { type: 'c' }])
})

test('socket-writer.ts: `bufferedAmount` is what has not left the process', async (t) => {
  const { connect, app } = await serve(t)
  const connected = once(app.websocketServer, 'connection')
  await connect()
  const [socket, request] = await connected
  request.socket.cork()
  const before = socket.bufferedAmount
  socket.send('x'.repeat(1_000))
  t.equal(socket.bufferedAmount - before, 1_000 + 4)
  t.equal(socket.bufferedAmount, request.socket.writableLength)
  request.socket.uncork()
})
