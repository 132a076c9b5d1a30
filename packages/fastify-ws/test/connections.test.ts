import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { StreamingError } from '@sluice/core'
import { gate, textOf } from '@sluice/plugin-tests'
import { type Test, test } from 'tap'
import WebSocket from 'ws'
import { Peer } from './support/peer.ts'
import { pending, serve } from './support/server.ts'

const hello = { stream: 'chat', input: { prompt: 'hello' } }

/** The status that an upgrade is refused with. */
async function refusal(t: Test, url: string, headers: Record<string, string> = {}): Promise<number> {
  const socket = new WebSocket(url, ['sluice.v1'], { headers })
  t.teardown(() => socket.terminate())
  socket.on('error', () => {})
  const [, response] = await once(socket, 'unexpected-response')
  response.resume()
  return response.statusCode
}

test('an Origin that is not allowed is a 403 before the upgrade', async (t) => {
  const { url, connect, app } = await serve(t, { allowedOrigins: ['https://app.example'] })
  t.equal(await refusal(t, url, { origin: 'https://elsewhere.example' }), 403)
  t.equal(await refusal(t, url, { origin: 'null' }), 403)
  t.equal(app.sluiceConnections.size, 0)
  const own = new URL(url.replace('ws', 'http')).origin
  for (const origin of ['https://app.example', own]) await connect({ headers: { origin } })
  await connect()
  t.equal(app.sluiceConnections.size, 3)
})

test('a missing Origin and one that is null are as the options say', async (t) => {
  const { url, connect } = await serve(t, { allowMissingOrigin: false, allowNullOrigin: true })
  t.equal(await refusal(t, url), 403)
  await connect({ headers: { origin: 'null' } })
  const open = await serve(t, { allowedOrigins: true })
  await open.connect({ headers: { origin: 'https://anywhere.example' } })
})

test('a hook of the application refuses before the upgrade', async (t) => {
  const { url, connect } = await serve(t, {
    before: (app) => {
      app.addHook('onRequest', async (request) => {
        if (request.headers.authorization !== 'ann') throw new StreamingError('authentication')
      })
      app.setErrorHandler((error: StreamingError, _request, reply) =>
        reply.code(error.status).send(error.toWire()),
      )
    },
  })
  t.equal(await refusal(t, url), 401)
  await connect({ headers: { authorization: 'ann' } })
})

test('a request that is no upgrade is told what this is', async (t) => {
  const { app } = await serve(t)
  const answer = await app.inject('/streams/ws')
  t.equal(answer.statusCode, 426)
  t.match(answer.json(), { code: 'FST_ERR_SLUICE_INVALID_REQUEST', message: /WebSocket/ })
  t.equal(answer.headers.upgrade, 'websocket')
})

for (const protocols of [[], ['graphql-transport-ws']]) {
  test(`without the subprotocol (${protocols}) it is 4506`, async (t) => {
    const { url } = await serve(t)
    const peer = await Peer.open(t, url, { protocols })
    t.match(await peer.closed, { code: 4506, reason: /sluice\.v1/ })
  })
}

test('of several subprotocols, ours is taken', async (t) => {
  const { connect } = await serve(t)
  const peer = await connect({ protocols: ['bearer.abc', 'sluice.v1'] })
  t.equal(peer.socket.protocol, 'sluice.v1')
})

test('one connection too many is 1013, and its seat is free when another leaves', async (t) => {
  const { connect, url, app } = await serve(t, { maxConnections: 2 })
  const [first] = [await connect(), await connect()]
  const third = await Peer.open(t, url)
  t.match(await third.closed, { code: 1013 })
  first.socket.close()
  await first.closed
  while (app.sluiceConnections.size > 1) await new Promise(setImmediate)
  await connect()
})

test('an owner has so many connections, others have theirs', async (t) => {
  const { connect, url } = await serve(t, {
    maxConnectionsPerOwner: 1,
    owner: (request) => request.headers['x-user'] as string,
  })
  await connect({ headers: { 'x-user': 'ann' } })
  const second = await Peer.open(t, url, { headers: { 'x-user': 'ann' } })
  t.match(await second.closed, { code: 1013, reason: /your connection limit/ })
  await connect({ headers: { 'x-user': 'bob' } })
})

test('a connection has so many streams, and starts none for which it has no place', async (t) => {
  const { connect, hub } = await serve(t, { run: pending, maxStreamsPerConnection: 2 })
  const peer = await connect()
  const requests = Array.from({ length: 5 }, () => peer.request({ type: 'stream_request', ...hello }))
  const answers = []
  for (const id of requests)
    answers.push(
      await peer.take(
        (message) => 'request_id' in message && requests.includes(message.request_id as string) && id !== '',
      ),
    )
  t.same(answers.map(({ type }) => type).toSorted(), [
    ...Array(3).fill('request_error'),
    ...Array(2).fill('stream_attached'),
  ])
  t.match(
    answers.find(({ type }) => type === 'request_error'),
    { error_type: 'rate_limit', retry_after: 1 },
  )
  t.same(hub.load, { streams: 2, viewers: 2 })
})

test('a stream that is read already takes no second place', async (t) => {
  const { connect } = await serve(t, { run: pending, maxStreamsPerConnection: 1 })
  const peer = await connect()
  const stream_id = await peer.start()
  t.match(await peer.ask({ type: 'resume_stream', stream_id, last_chunk_id: 0 }), { type: 'stream_attached' })
})

test('a start whose client has left meanwhile goes on without a viewer', async (t) => {
  const [asked, answer] = [gate(), gate()]
  const { connect, hub, app } = await serve(t, {
    run: pending,
    context: async () => {
      asked.open()
      await answer.opened
    },
  })
  const peer = await connect()
  peer.request({ type: 'stream_request', ...hello })
  await asked.opened
  peer.socket.terminate()
  while (app.sluiceConnections.size > 0) await nextTurn()
  answer.open()
  while (hub.load.streams === 0) await nextTurn()
  await nextTurn()
  t.same(hub.load, { streams: 1, viewers: 0 })
})

test('the latest 256 starts can be cancelled by their request_id', async (t) => {
  const { connect } = await serve(t)
  const peer = await connect()
  for (let starts = 0; starts < 257; starts++) await peer.whole(await peer.start())
  t.match(await peer.ask({ type: 'cancel_stream', start_request_id: 'r1' }), { error_type: 'not_found' })
  t.match(await peer.ask({ type: 'cancel_stream', start_request_id: 'r2' }), {
    type: 'stream_cancel_accepted',
  })
})

test('a `send` that loses its callback stalls nothing, though it is congested', async (t) => {
  const words = 'a good many words '.repeat(100)
  const { connect, app } = await serve(t, {
    highWaterMark: 4_096,
    run: async function* () {
      for (let count = 0; count < 500; count++) yield words
    },
  })
  app.websocketServer.on('connection', (socket) => {
    const send = socket.send.bind(socket) as (...given: unknown[]) => void
    socket.send = (message: unknown, options: unknown) => send(message, options)
  })
  const peer = await connect()
  const events = await peer.whole(await peer.start({ window: 4_096 }))
  t.equal(textOf(events).length, 500 * words.length)
})

test('an application that has replaced `send` sees all that leaves', async (t) => {
  const { connect, app } = await serve(t)
  const seen: string[] = []
  app.websocketServer.on('connection', (socket) => {
    const send = socket.send.bind(socket) as (...given: unknown[]) => void
    socket.send = (message: unknown, ...given: unknown[]) => {
      seen.push(String(message))
      send(message, ...given)
    }
  })
  const peer = await connect()
  await peer.whole(await peer.start())
  t.same(
    seen.map((text) => JSON.parse(text)),
    peer.messages,
  )
})

test('so many requests may wait for their answer', async (t) => {
  const asked = gate()
  const { connect } = await serve(t, { maxPendingRequests: 2, context: () => asked.opened })
  const peer = await connect()
  for (let index = 0; index < 3; index++) peer.request({ type: 'stream_request', ...hello })
  t.match(await peer.take('request_error'), { request_id: 'r3', error_type: 'rate_limit', recoverable: true })
  asked.open()
  await peer.take('stream_attached')
  await peer.take('stream_attached')
})

test('context is what run gets, and one that throws is an answer without its words', async (t) => {
  const seen: unknown[] = []
  const { connect } = await serve(t, {
    run: async function* ({ context }) {
      seen.push(context)
      yield 'x'
    },
    context: (request) => {
      if (request.headers['x-user'] === undefined) throw new Error('password=hunter2')
      return request.headers['x-user']
    },
  })
  const ann = await connect({ headers: { 'x-user': 'ann' } })
  await ann.whole(await ann.start())
  t.same(seen, ['ann'])
  const peer = await connect()
  const error = await peer.ask({ type: 'stream_request', ...hello })
  t.match(error, { type: 'request_error', error_type: 'unexpected_error' })
  t.notMatch(JSON.stringify(error), /hunter2/)
})

test('a run that throws is a stream_error with a reason, and the socket stays', async (t) => {
  const { connect } = await serve(t, {
    run: async function* () {
      yield 'before'
      throw new StreamingError('quota_exceeded', 'The month is used up.')
    },
  })
  const peer = await connect()
  t.match((await peer.whole(await peer.start())).at(-1), {
    type: 'stream_error',
    error_type: 'quota_exceeded',
    message: 'The month is used up.',
  })
  t.ok(await peer.start())
})

test('connections are listed, looked at and closed', async (t) => {
  const { connect, app } = await serve(t, { run: pending })
  const peer = await connect()
  const streamId = await peer.start()
  await peer.received(streamId, 2)
  const [info] = app.sluiceConnections.list()
  t.match(info, { chunksSent: 2, messagesReceived: 1, unsentBytes: 0, streams: [{ streamId, cursor: 2 }] })
  t.ok(Math.abs(Date.now() - info!.connectedAt) < 10_000 && info!.lastSeenAt >= info!.connectedAt)
  t.ok(info!.bytesSent > 300)
  t.same(app.sluiceConnections.get(info!.connectionId)?.streams.length, 1)
  t.equal(app.sluiceConnections.get('nobody'), undefined)
  t.notOk(app.sluiceConnections.close('nobody'))
  t.throws(() => app.sluiceConnections.close(info!.connectionId, 1000), { name: 'RangeError' })
  t.ok(app.sluiceConnections.close(info!.connectionId, 4400, 'Go elsewhere. '.repeat(20)))
  t.match(await peer.closed, { code: 4400, reason: /^Go elsewhere/ })
  const other = await connect()
  app.sluiceConnections.close(app.sluiceConnections.list().at(-1)!.connectionId)
  t.match(await other.closed, { code: 4503 })
})

test('injectWS reaches the route, and what it says first is not lost', async (t) => {
  const { app } = await serve(t)
  const messages: Record<string, unknown>[] = []
  const done = gate()
  const socket = await app.injectWS(
    '/streams/ws',
    { headers: { 'sec-websocket-protocol': 'sluice.v1' } },
    {
      onInit: (ws) =>
        ws.on('message', (data) => {
          messages.push(JSON.parse(data.toString()))
          if (data.toString().includes('stream_complete')) done.open()
        }),
    },
  )
  socket.send(JSON.stringify({ type: 'stream_request', request_id: '1', ...hello }))
  await done.opened
  t.match(messages, [{ type: 'connection_established' }, { type: 'stream_attached', request_id: '1' }])
  socket.terminate()
})
