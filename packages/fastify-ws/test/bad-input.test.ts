import websocket from '@fastify/websocket'
import { test } from 'tap'
import { pending, serve } from './support/server.ts'

const start = { type: 'stream_request', stream: 'chat', input: { prompt: 'hello' } }
const SAME_ANSWER = 'There is no such stream, or it is not yours.'

/** What is answered, and how it is said. The socket stays. */
const refused: Record<string, { message: Record<string, unknown>; errorType: string; says: RegExp }> = {
  'an unknown stream': {
    message: { ...start, stream: 'poem' },
    errorType: 'not_found',
    says: /'poem'.*chat/,
  },
  'an input that its schema refuses': {
    message: { ...start, input: { prompt: 5 } },
    errorType: 'invalid_request',
    says: /^prompt: /,
  },
  'no input': { message: { ...start, input: undefined }, errorType: 'invalid_request', says: /^input: / },
  'a stream that is no text': {
    message: { ...start, stream: 5 },
    errorType: 'invalid_request',
    says: /^stream: .*string/,
  },
  'a window of 0': { message: { ...start, window: 0 }, errorType: 'invalid_request', says: /^window: / },
  'a negative window': { message: { ...start, window: -1 }, errorType: 'invalid_request', says: /^window: / },
  'a window that is no whole number': {
    message: { ...start, window: 1.5 },
    errorType: 'invalid_request',
    says: /^window: /,
  },
  'a window that is no number': {
    message: { ...start, window: 'wide' },
    errorType: 'invalid_request',
    says: /^window: .*number/,
  },
  'a window beyond what numbers hold': {
    message: { ...start, window: 1e300 },
    errorType: 'invalid_request',
    says: /^window: /,
  },
  'a key that can be guessed': {
    message: { ...start, idempotency_key: 'short' },
    errorType: 'invalid_request',
    says: /^idempotency_key: .*22/,
  },
  'a request_id that is too long': {
    message: { ...start, request_id: 'x'.repeat(129) },
    errorType: 'invalid_request',
    says: /^request_id: /,
  },
  'a request_id that is no text': {
    message: { ...start, request_id: 7 },
    errorType: 'invalid_request',
    says: /^request_id: /,
  },
  'no request_id': {
    message: { ...start, request_id: undefined },
    errorType: 'invalid_request',
    says: /^request_id: /,
  },
  'a stream_id that is not there': {
    message: { type: 'resume_stream', stream_id: 'x'.repeat(22), last_chunk_id: 0 },
    errorType: 'not_found',
    says: new RegExp(SAME_ANSWER),
  },
  'a cancel of a stream that is not there': {
    message: { type: 'cancel_stream', stream_id: 'x'.repeat(22) },
    errorType: 'not_found',
    says: new RegExp(SAME_ANSWER),
  },
  'a cancel of a start that was not': {
    message: { type: 'cancel_stream', start_request_id: 'nobody' },
    errorType: 'not_found',
    says: /^start_request_id: /,
  },
  'a cancel of nothing': {
    message: { type: 'cancel_stream' },
    errorType: 'invalid_request',
    says: /^stream_id: Name the stream/,
  },
  'a cancel of two things': {
    message: { type: 'cancel_stream', stream_id: 'a', start_request_id: 'b' },
    errorType: 'invalid_request',
    says: /^stream_id: Name the stream/,
  },
  'a cancel by key without its stream': {
    message: { type: 'cancel_stream', idempotency_key: 'k'.repeat(22) },
    errorType: 'invalid_request',
    says: /^stream_id: Name the stream/,
  },
  'a cursor that is none': {
    message: { type: 'resume_stream', stream_id: 'x', last_chunk_id: -1 },
    errorType: 'invalid_request',
    says: /^last_chunk_id: /,
  },
  'no cursor': {
    message: { type: 'resume_stream', stream_id: 'x' },
    errorType: 'invalid_request',
    says: /^last_chunk_id: /,
  },
}

for (const [name, { message, errorType, says }] of Object.entries(refused)) {
  test(`${name} is a request_error that says where, and the socket stays`, async (t) => {
    const { connect } = await serve(t, { run: pending })
    const peer = await connect()
    const request_id = 'request_id' in message ? message.request_id : 'mine'
    peer.send({ request_id, ...message })
    const error = await peer.take('request_error')
    t.match(error, { error_type: errorType, message: says })
    t.equal(error.request_id, request_id === 'mine' ? 'mine' : undefined)
    t.ok(await peer.start(), 'and serves the next one')
  })
}

test('a huge window counts as the largest that there is', async (t) => {
  const { connect, app } = await serve(t, { run: pending, maxWindow: 8 })
  const peer = await connect()
  await peer.start({ window: Number.MAX_SAFE_INTEGER })
  t.equal(app.sluiceConnections.list()[0]?.streams[0]?.limit, 8)
})

test('a cursor beyond the end is resume_expired', async (t) => {
  const { connect } = await serve(t)
  const peer = await connect()
  const streamId = await peer.start()
  await peer.whole(streamId)
  t.match(await peer.ask({ type: 'resume_stream', stream_id: streamId, last_chunk_id: 6 }), {
    type: 'request_error',
    error_type: 'resume_expired',
    recoverable: false,
  })
})

test('a request_id that was used before is refused, also when the first has its answer', async (t) => {
  const { connect, hub } = await serve(t, { run: pending })
  const peer = await connect()
  peer.send({ ...start, request_id: 'same' })
  peer.send({ ...start, request_id: 'same' })
  t.match(await peer.take('request_error'), { request_id: 'same', message: /^request_id: was used before/ })
  await peer.take('stream_attached')
  peer.send({ ...start, request_id: 'same' })
  t.match(await peer.take('request_error'), { request_id: 'same' })
  t.same(hub.load, { streams: 1, viewers: 1 })
})

for (const [name, fields] of Object.entries({
  'a negative chunk_id': { chunk_id: -1 },
  'a chunk_id that is no number': { chunk_id: '3' },
  'no chunk_id': {},
  'a limit that is none': { chunk_id: 1, limit: 1.5 },
})) {
  test(`an ack with ${name} is a request_error for its stream, and changes nothing`, async (t) => {
    const { connect, app } = await serve(t, { run: pending })
    const peer = await connect()
    const streamId = await peer.start()
    peer.send({ type: 'chunk_ack', stream_id: streamId, ...fields })
    const error = await peer.take('request_error')
    t.match(error, { stream_id: streamId, error_type: 'invalid_request', message: /^(chunk_id|limit): / })
    t.notOk('request_id' in error)
    t.equal(app.sluiceConnections.list()[0]?.streams[0]?.limit, 256)
  })
}

test('an ack of a chunk never sent, or of a foreign stream, is counted and changes nothing', async (t) => {
  const { connect, app } = await serve(t, { run: pending })
  const other = await (await connect()).start()
  const peer = await connect()
  const streamId = await peer.start()
  await peer.received(streamId, 2)
  peer.ack(streamId, 3, 1_000)
  peer.ack(other, 1, 1_000)
  peer.ack('x'.repeat(22), 1)
  await peer.settled()
  const [foreign, own] = app.sluiceConnections.list()
  t.match(own, { acksRefused: 3, streams: [{ limit: 256, outstanding: 2 }] })
  t.match(foreign, { acksRefused: 0, streams: [{ limit: 256 }] })
})

for (const [name, { data, says }] of Object.entries({
  'text that is no JSON': { data: '{"type":', says: /JSON/ },
  'an empty message': { data: '', says: /JSON/ },
  binary: { data: Buffer.from('{"type":"ping"}'), says: /binary/ },
  'an unknown type': { data: '{"type":"stream_start"}', says: /stream_start/ },
  'a type of every object': { data: '{"type":"toString"}', says: /toString/ },
  'no type': { data: '{}', says: /undefined/ },
  'a list': { data: '[]', says: /object/ },
  null: { data: 'null', says: /object/ },
})) {
  test(`${name} is a breach of the protocol: 4500, and the others go on`, async (t) => {
    const { connect } = await serve(t)
    const neighbour = await connect()
    const peer = await connect()
    peer.socket.send(data)
    t.match(await peer.closed, { code: 4500, reason: says })
    t.ok(await neighbour.start())
  })
}

test('what comes behind a breach of the protocol is not served', async (t) => {
  let starts = 0
  const { connect } = await serve(t, {
    run: async function* () {
      starts += 1
      yield 'begun'
    },
  })
  const peer = await connect()
  peer.send('no JSON')
  peer.request(start)
  t.match(await peer.closed, { code: 4500 })
  t.equal(starts, 0)
})

test('text that is no UTF-8 is closed by RFC 6455 itself', async (t) => {
  const { connect } = await serve(t)
  const peer = await connect()
  peer.socket.send(Buffer.from([0xff, 0xfe]), { binary: false })
  t.match(await peer.closed, { code: 1007 })
})

test('a message of the greatest length is taken, one byte more is 1009', async (t) => {
  const { connect } = await serve(t, { maxMessageBytes: 1_000, run: pending })
  const peer = await connect()
  const message = (bytes: number) => {
    const bare = JSON.stringify({ ...start, request_id: 'a', pad: '' })
    return JSON.stringify({ ...start, request_id: 'a', pad: 'x'.repeat(bytes - bare.length) })
  }
  t.equal(message(1_000).length, 1_000)
  peer.send(message(1_000))
  await peer.take('stream_attached')
  peer.send(message(1_001))
  t.match(await peer.closed, { code: 1009 })
})

test('so is one that the application’s own @fastify/websocket lets through', async (t) => {
  const { connect } = await serve(t, {
    maxMessageBytes: 1_000,
    before: async (app) => {
      await app.register(websocket, { preClose: (done) => done() })
    },
  })
  const peer = await connect()
  peer.send({ type: 'ping', pad: 'x'.repeat(1_000) })
  t.match(await peer.closed, { code: 1009, reason: /too big/ })
})

test('10,000 messages at once are too many, for who sent them', async (t) => {
  const { connect } = await serve(t)
  const neighbour = await connect()
  const peer = await connect()
  for (let index = 0; index < 10_000; index++) peer.send({ type: 'ping' })
  t.match(await peer.closed, { code: 4429 })
  t.ok(await neighbour.start())
})

test('so are pings of the WebSocket protocol itself', async (t) => {
  const { connect } = await serve(t, { messagesPerSecond: 50 })
  const neighbour = await connect()
  const peer = await connect()
  for (let index = 0; index < 60; index++) peer.socket.ping()
  t.match(await peer.closed, { code: 4429 })
  t.ok(await neighbour.start())
})

test('a flood of fragments ends the connection, not the server', async (t) => {
  const { connect } = await serve(t)
  const neighbour = await connect()
  const peer = await connect()
  for (let index = 0; index < 5_000; index++) peer.socket.send('', { fin: false })
  const { code } = await peer.closed
  t.ok([1008, 1006].includes(code), `${code}`)
  t.ok(await neighbour.start())
})
