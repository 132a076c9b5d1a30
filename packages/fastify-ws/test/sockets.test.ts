import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import websocket from '@fastify/websocket'
import { manualClock } from '@sluice/core/testing'
import { endless, gate, settled, smallLog, textOf, WORDS } from '@sluice/plugin-tests'
import { test } from 'tap'
import WebSocket from 'ws'
import { eventsOf, idsOf, upTo } from './support/peer.ts'
import { numbers, pending, serve } from './support/server.ts'

const huge = Number.MAX_SAFE_INTEGER

test('a socket that takes no bytes is closed with 4410; its stream goes on, and so do others', async (t) => {
  const clock = manualClock()
  const begun = gate()
  const { connect, hub, app } = await serve(t, {
    clock,
    run: async function* (context) {
      await begun.opened
      yield* endless().run(context)
    },
    log: smallLog,
    heartbeatMs: 600_000,
    stallMs: 10_000,
    maxWindow: huge,
  })
  const stalled = await connect()
  const streamId = await stalled.start({ window: huge })
  const other = await connect()
  await other.ask({ type: 'resume_stream', stream_id: streamId, last_chunk_id: 0, window: huge })
  stalled.tcp.pause()
  begun.open()
  for (let last = 1; app.sluiceConnections.size > 1; last = other.last(streamId)) {
    await other.received(streamId, last + 1)
    clock.advance(100)
  }
  await other.received(streamId, other.last(streamId) + 1)
  t.same(hub.load, { streams: 1, viewers: 1 })
  stalled.tcp.resume()
  const { code } = await stalled.closed
  t.ok([4410, 1006].includes(code), `it reads the reason if it comes in time: ${code}`)
  await other.ask({ type: 'cancel_stream', stream_id: streamId })
})

test('the close code of a stalled socket reaches a client that wakes up in time', async (t) => {
  const clock = manualClock()
  const { run, count } = endless()
  const { connect } = await serve(t, { clock, run, log: smallLog, stallMs: 10_000, maxWindow: huge })
  const peer = await connect()
  await peer.start({ window: huge })
  peer.tcp.pause()
  await settled(count)
  clock.advance(10_000)
  peer.tcp.resume()
  t.match(await peer.closed, { code: 4410, reason: /reads too slowly/ })
})

test('a client that does not read costs no more than the bound, and gets every word when it does', async (t) => {
  const total = 20_000
  let count = 0
  const { connect, app } = await serve(t, {
    log: smallLog,
    maxWindow: huge,
    run: async function* () {
      for (; count < total; count++) yield `${count} ${WORDS}`
    },
  })
  const peer = await connect()
  const streamId = await peer.start({ window: huge })
  peer.tcp.pause()
  const paused = await settled(() => count)
  t.ok(paused < total / 2, `${paused} of ${total} chunks were made`)
  const { unsentBytes } = app.sluiceConnections.list()[0]!
  t.ok(unsentBytes > 0 && unsentBytes < 65_536 + 2 * 16_384, `${unsentBytes} bytes wait`)
  peer.tcp.resume()
  const events = await peer.whole(streamId)
  t.ok(textOf(events) === Array.from({ length: total }, (_, index) => `${index} ${WORDS}`).join(''))
})

test('a client that vanishes under backpressure is let go, and its stream goes on', async (t) => {
  const { run, count } = endless()
  const { connect, hub, app } = await serve(t, { run, log: smallLog, maxWindow: huge })
  const peer = await connect()
  await peer.start({ window: huge })
  peer.tcp.pause()
  await settled(count)
  const [server] = app.websocketServer.clients
  const closed = once(server!, 'close')
  peer.tcp.resetAndDestroy()
  await closed
  t.same(hub.load, { streams: 1, viewers: 0 })
  t.equal(app.sluiceConnections.size, 0)
})

test('nothing is written any more behind a close frame', async (t) => {
  let count = 0
  const { connect, app } = await serve(t, {
    run: async function* ({ signal }) {
      for (; !signal.aborted; await nextTurn(), count++) yield 'word '
    },
    maxWindow: huge,
  })
  const connected = once(app.server, 'connection')
  const peer = await connect()
  const [connection] = (await connected) as [Socket]
  await peer.received(await peer.start({ window: huge }), 20)
  const [server] = app.websocketServer.clients
  // It has asked to close, and does not close its side yet.
  peer.tcp.pause()
  peer.tcp.write(Buffer.from([0x88, 0x80, 0, 0, 0, 0]))
  while (server!.readyState === 1) await nextTurn()
  const before = count
  while (count < before + 100) await nextTurn()
  t.equal(connection.errored, null)
  peer.tcp.resume()
  await peer.closed
})

test('a client that asks and never reads an answer is closed', async (t) => {
  const { connect, app } = await serve(t, { messagesPerSecond: 1e6, stallMs: 30_000 })
  const peer = await connect()
  peer.tcp.pause()
  const message = JSON.stringify({ type: 'detach_stream', stream_id: 'x'.repeat(128) })
  while (app.sluiceConnections.size > 0) {
    for (let index = 0; index < 1_000; index++) peer.socket.send(message)
    await nextTurn()
  }
  peer.tcp.resume()
  const { code } = await peer.closed
  t.ok([4410, 1006].includes(code), `${code}`)
})

test('a peer that does not answer a ping is closed with 4408; one that does stays', async (t) => {
  const { connect } = await serve(t, { heartbeatMs: 40 })
  const silent = await connect({ pongs: false })
  const lively = await connect()
  t.match(await silent.closed, { code: 4408, reason: /ping/ })
  for (let pings = 0; pings < 3; pings++) await lively.take('ping')
  t.ok(await lively.start())
})

test('a client that is busy counts as one that answers', async (t) => {
  const { connect } = await serve(t, { run: numbers(3), heartbeatMs: 40 })
  const peer = await connect({ pongs: false })
  for (let pings = 0; pings < 4; pings++) {
    await peer.take('ping')
    peer.ack('x'.repeat(22), 0)
  }
  t.ok(await peer.start())
})

test('frames one byte at a time are read as they are', async (t) => {
  const { connect } = await serve(t, { run: numbers(30) })
  const peer = await connect()
  const text = JSON.stringify({
    type: 'stream_request',
    request_id: 'bytes',
    stream: 'chat',
    input: { prompt: 'é漢' },
  })
  for (const byte of maskedFrame(Buffer.from(text))) {
    peer.tcp.write(Buffer.from([byte]))
    await nextTurn()
  }
  const { stream_id } = await peer.take('stream_attached')
  t.same(idsOf(await peer.whole(stream_id as string)), upTo(32))
})

test('a message in fragments is one message', async (t) => {
  const { connect } = await serve(t)
  const peer = await connect()
  const text = JSON.stringify({
    type: 'stream_request',
    request_id: 'a',
    stream: 'chat',
    input: { prompt: 'hello' },
  })
  for (const [at, character] of [...text].entries())
    peer.socket.send(character, { fin: at === text.length - 1 })
  await peer.take('stream_attached')
})

test('a frame that is not masked is a breach of RFC 6455', async (t) => {
  const { connect } = await serve(t)
  const peer = await connect()
  peer.tcp.write(Buffer.from([0x81, 0x02, 0x7b, 0x7d]))
  t.match(await peer.closed, { code: 1002 })
})

test('permessage-deflate is not offered, also where a client would', async (t) => {
  const { connect, app } = await serve(t)
  const peer = await connect({ headers: { 'sec-websocket-extensions': 'permessage-deflate' } })
  t.equal(peer.socket.extensions, '')
  t.equal(app.websocketServer.options.perMessageDeflate, false)
})

test('where an application has asked for permessage-deflate, messages go through it', async (t) => {
  const { url } = await serve(t, {
    run: numbers(2_000),
    before: async (app) => {
      await app.register(websocket, { options: { perMessageDeflate: true }, preClose: (done) => done() })
    },
  })
  const socket = new WebSocket(url, ['sluice.v1'], { perMessageDeflate: true })
  t.teardown(() => socket.terminate())
  let text = ''
  const ended = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      const events = eventsOf(JSON.parse(data.toString()))
      text += textOf(events)
      if (events.at(-1)?.type === 'stream_complete') resolve()
    })
  })
  await once(socket, 'open')
  t.match(socket.extensions, /permessage-deflate/)
  const request = {
    type: 'stream_request',
    request_id: 'a',
    stream: 'chat',
    input: { prompt: '' },
    window: 4_096,
  }
  socket.send(JSON.stringify(request))
  await ended
  t.equal(text, Array.from({ length: 2_000 }, (_, index) => `${index} `).join(''))
})

test('a terminated connection leaves its stream to others, and nothing behind', async (t) => {
  const { connect, hub, app, clock } = await serve(t, { run: pending })
  const peer = await connect()
  const streamId = await peer.start()
  const other = await connect()
  await other.ask({ type: 'resume_stream', stream_id: streamId, last_chunk_id: 0 })
  const before = clock.size
  peer.socket.terminate()
  while (app.sluiceConnections.size > 1) await nextTurn()
  t.same(hub.load, { streams: 1, viewers: 1 })
  t.ok(clock.size < before, `${clock.size} alarms of ${before}`)
})

/** A text frame as a client sends it (RFC 6455 §5.2), masked with zeros. */
function maskedFrame(payload: Buffer): Buffer {
  const head = Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 0xff, 0, 0, 0, 0])
  return Buffer.concat([head, payload])
}
