import type { AddressInfo } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import { manualClock } from '@sluice/core/testing'
import { close, gate, textOf, WORDS } from '@sluice/plugin-tests'
import Fastify from 'fastify'
import { test } from 'tap'
import { z } from 'zod'
import fastifyWs from '../src/index.ts'
import { Peer } from './support/peer.ts'
import { pending, serve } from './support/server.ts'

test('a connection that reads nothing is closed with 1012 at once, others when their stream has ended', async (t) => {
  const end = gate()
  const { connect, app } = await serve(t, {
    closeDeadlineMs: 8_000,
    run: async function* () {
      yield 'begun, '
      await end.opened
      yield 'done'
    },
  })
  const idle = await connect()
  const busy = await connect()
  const streamId = await busy.start()
  await busy.received(streamId, 2)
  const closed = app.close()
  t.match(await idle.closed, { code: 1012 })
  t.match(await busy.ask({ type: 'stream_request', stream: 'chat', input: { prompt: 'x' } }), {
    type: 'request_error',
    error_type: 'shutting_down',
    retry_after: 1,
  })
  end.open()
  t.equal(textOf(await busy.whole(streamId)), 'begun, done')
  t.match(await busy.closed, { code: 1012 })
  await closed
})

test('what still runs at the deadline ends with an error that says so, then 1012', async (t) => {
  const { connect, app } = await serve(t, { closeDeadlineMs: 50, run: pending })
  const peer = await connect()
  const streamId = await peer.start()
  const closed = app.close()
  t.match((await peer.whole(streamId)).at(-1), { type: 'stream_error', error_type: 'shutting_down' })
  t.match(await peer.closed, { code: 1012 })
  await closed
})

test('a Stop is served while the server shuts down', async (t) => {
  const { connect, app } = await serve(t, { closeDeadlineMs: 8_000, run: pending })
  const peer = await connect()
  const streamId = await peer.start()
  await peer.received(streamId, 2)
  const closed = app.close()
  t.match(await peer.ask({ type: 'cancel_stream', stream_id: streamId }), { type: 'stream_cancel_accepted' })
  t.match(await peer.closed, { code: 1012 })
  t.equal(peer.events(streamId).at(-1)?.type, 'stream_cancelled')
  await closed
})

test('while others are read to their end, who still asks is answered, and who still connects is told', async (t) => {
  const [end, asked, answer, knocked, door] = [gate(), gate(), gate(), gate(), gate()]
  const { connect, app, hub, url } = await serve(t, {
    closeDeadlineMs: 8_000,
    run: async function* () {
      yield 'begun'
      await end.opened
    },
    context: async ({ headers }) => {
      if (headers['x-slow'] === undefined) return
      asked.open()
      await answer.opened
    },
    before: (app) => {
      app.addHook('onRequest', async ({ headers }) => {
        if (headers['x-late'] === undefined) return
        knocked.open()
        await door.opened
      })
    },
  })
  const busy = await connect()
  const streamId = await busy.start()
  const asking = await connect({ headers: { 'x-slow': 'yes' } })
  const request = asking.ask({ type: 'stream_request', stream: 'chat', input: { prompt: 'x' } })
  await asked.opened
  const late = new Peer(t, url, { headers: { 'x-late': 'yes' } })
  await knocked.opened
  const closed = app.close()
  while (!hub.isClosing) await nextTurn()
  answer.open()
  t.match(await request, { type: 'request_error', error_type: 'shutting_down' })
  t.match(await asking.closed, { code: 1012 })
  door.open()
  t.match(await late.closed, { code: 1012 })
  t.equal(hub.load.streams, 1, 'before the last has ended')
  end.open()
  await busy.whole(streamId)
  await closed
})

test('clients that never answer do not hold it up', async (t) => {
  const clock = manualClock()
  const { connect, app, url } = await serve(t, { closeDeadlineMs: 1_000, run: pending, clock })
  const peers = await Promise.all(Array.from({ length: 20 }, () => connect({ pongs: false })))
  for (const peer of peers) await peer.start()
  // They take the close frame and say nothing to it.
  for (const peer of peers) peer.tcp.pause()
  await close(app, clock)
  t.ok(clock.now() < 3_000, `${clock.now()} ms`)
  t.equal(app.sluiceConnections.size, 0)
  const late = new Peer(t, url, {})
  t.match(await late.closed, { code: 1006 })
})

test('what was sent may leave until the deadline, however slowly a client reads', async (t) => {
  const clock = manualClock()
  const total = 4_000
  let count = 0
  const { connect, app, hub } = await serve(t, {
    closeDeadlineMs: 8_000,
    clock,
    // What the sockets do not take waits in the process, and is no reason to let the stream wait.
    highWaterMark: 1e8,
    run: async function* () {
      for (; count < total; count++) yield WORDS.repeat(5)
    },
  })
  const peer = await connect()
  const streamId = await peer.start({ window: 4_096 })
  peer.tcp.pause()
  while (hub.load.viewers > 0 || count < total) await nextTurn()
  const closed = app.close()
  while (!hub.isClosing) await nextTurn()
  for (let second = 0; second < 5; second++) await clock.pass(1_000)
  t.equal(app.sluiceConnections.size, 1)
  peer.tcp.resume()
  t.equal((await peer.whole(streamId)).length, total + 2)
  t.match(await peer.closed, { code: 1012 })
  await closed
})

test('where another instance has the streams, all are let go at once, and told apart when to come back', async (t) => {
  const log = Object.assign(memoryLog(), { shared: true as false })
  const chat = defineStream({
    input: z.unknown(),
    run: () => pending({ signal: new AbortController().signal } as never),
  })
  const hub = createHub({ streams: { chat }, log, closeDeadlineMs: 20 })
  const app = Fastify()
  await app.register(fastifyWs, { hub, retryMs: 1_000 })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const url = `ws://127.0.0.1:${(app.server.address() as AddressInfo).port}/ws`
  const peers = await Promise.all(Array.from({ length: 20 }, () => Peer.open(t, url)))
  for (const peer of peers) await peer.start({ input: null })
  const closing = app.close()
  const waits: number[] = []
  for (const peer of peers) {
    const { reason, retry_after } = await peer.take('stream_detached')
    t.equal(reason, 'shutting_down')
    waits.push(retry_after as number)
    t.match(await peer.closed, { code: 1012 })
  }
  t.ok(Math.min(...waits) >= 0.5 && Math.max(...waits) <= 1.5)
  t.ok(new Set(waits).size > 10, 'not all in the same instant')
  await closing
})

test('other WebSocket routes of the application are closed too', async (t) => {
  const { app, url } = await serve(t, {
    before: async (app) => {
      const { default: websocket } = await import('@fastify/websocket')
      await app.register(websocket)
      app.get('/echo', { websocket: true }, (socket) => {
        socket.on('message', (data) => socket.send(data.toString()))
      })
    },
  })
  const echo = await Peer.open(t, url.replace('/streams/ws', '/echo'), { protocols: [] })
  echo.send({ type: 'any' })
  await echo.take('any')
  const ours = await Peer.open(t, url)
  await ours.take('connection_established')
  await ours.start()
  await app.close()
  t.ok((await echo.closed).code)
  t.ok((await ours.closed).code)
})
