import { gate, textOf } from '@sluice/plugin-tests'
import { test } from 'tap'
import { idsOf, upTo } from './support/peer.ts'
import { numbers, pending, serve } from './support/server.ts'

const KEY = 'k'.repeat(22)
const input = { prompt: 'hello' }

test('a connection is told its id, its limits, and how often it will be asked', async (t) => {
  const { connect, app } = await serve(t)
  const peer = await connect()
  const [connection] = app.sluiceConnections.list()
  t.match(peer.messages[0], {
    type: 'connection_established',
    connection_id: connection?.connectionId,
    ping_interval_ms: 15_000,
    limits: { max_streams: 100, max_window: 4096, max_message_bytes: 65_536 },
  })
})

test('a start is answered with the id, then come the events, each once', async (t) => {
  const { connect } = await serve(t)
  const peer = await connect()
  const id = peer.request({ type: 'stream_request', stream: 'chat', input })
  const attached = await peer.take('stream_attached')
  t.match(attached, { request_id: id, ended: false, stream_id: /^[\w-]{22}$/ })
  const streamId = attached.stream_id as string
  const events = await peer.whole(streamId)
  t.same(idsOf(events), upTo(5))
  t.equal(textOf(events), 'one two three')
  t.match(events[0], { type: 'stream_start', stream_id: streamId })
  await peer.settled()
  t.notOk(
    peer.messages.some(({ type }) => type === 'stream_detached'),
    'the terminal event says that it is over',
  )
})

test('what waits together is one chunk_batch with stream_id once; a single event has it itself', async (t) => {
  const word = gate()
  const { connect } = await serve(t, {
    run: async function* () {
      yield 'one '
      yield 'two '
      await word.opened
      yield 'three'
    },
  })
  const peer = await connect()
  const streamId = await peer.start()
  await peer.received(streamId, 3)
  word.open()
  await peer.whole(streamId)
  const carriers = peer.messages.filter((message) => 'chunks' in message || 'chunk_id' in message)
  t.ok(carriers.length < 5, 'at least one is a batch')
  for (const message of carriers) t.equal(message.stream_id, streamId)
  for (const { chunks } of carriers) {
    for (const chunk of (chunks ?? []) as { stream_id?: string; type: string }[]) {
      t.equal('stream_id' in chunk, chunk.type === 'stream_start')
    }
  }
})

test('a resume goes on after the cursor, also on another connection', async (t) => {
  const { connect } = await serve(t)
  const streamId = await (await connect()).start()
  const peer = await connect()
  const attached = await peer.ask({ type: 'resume_stream', stream_id: streamId, last_chunk_id: 3 })
  t.match(attached, { type: 'stream_attached', stream_id: streamId, ended: true, last_chunk_id: 5 })
  t.same(idsOf(await peer.whole(streamId)), [4, 5])
})

test('a resume from the last event says so, and nothing follows', async (t) => {
  const { connect } = await serve(t)
  const peer = await connect()
  const streamId = await peer.start()
  await peer.whole(streamId)
  const attached = await peer.ask({ type: 'resume_stream', stream_id: streamId, last_chunk_id: 5 })
  t.match(attached, { ended: true, last_chunk_id: 5 })
  await peer.settled()
  t.same(idsOf(peer.events(streamId)), upTo(5))
})

test('a second attachment on one socket replaces the first, without a word about it', async (t) => {
  const { connect, hub, app } = await serve(t, { run: pending })
  const peer = await connect()
  const streamId = await peer.start()
  await peer.received(streamId, 2)
  await peer.ask({ type: 'resume_stream', stream_id: streamId, last_chunk_id: 0 })
  await peer.take('chunk_batch')
  t.same(hub.load, { streams: 1, viewers: 1 })
  t.equal(app.sluiceConnections.list()[0]?.streams.length, 1)
  t.same(idsOf(peer.events(streamId)), [1, 2, 1, 2])
  t.notOk(peer.messages.some(({ type }) => type === 'stream_detached'))
})

test('a start with a known key attaches to its stream from the beginning', async (t) => {
  const { connect, hub } = await serve(t, { run: pending })
  const first = await connect()
  const second = await connect()
  const streamId = await first.start({ idempotency_key: KEY })
  t.equal(await second.start({ idempotency_key: KEY }), streamId)
  await second.received(streamId, 2)
  t.same(hub.load, { streams: 1, viewers: 2 })
  const other = await second.ask({
    type: 'stream_request',
    stream: 'chat',
    input: { prompt: 'another' },
    idempotency_key: KEY,
  })
  t.match(other, { type: 'request_error', error_type: 'conflict' })
})

for (const [way, name] of Object.entries({
  'its id': (streamId: string) => ({ stream_id: streamId }),
  'the request that started it': () => ({ start_request_id: 'r1' }),
  'its key': () => ({ stream: 'chat', idempotency_key: KEY }),
})) {
  test(`cancel by ${way} is accepted, and the stream ends; again, it is accepted too`, async (t) => {
    const { connect } = await serve(t, { run: pending })
    const peer = await connect()
    const streamId = await peer.start({ idempotency_key: KEY })
    t.match(await peer.ask({ type: 'cancel_stream', ...name(streamId) }), { type: 'stream_cancel_accepted' })
    t.match((await peer.whole(streamId)).at(-1), { type: 'stream_cancelled', reason: 'cancelled' })
    t.match(await peer.ask({ type: 'cancel_stream', ...name(streamId) }), { type: 'stream_cancel_accepted' })
  })
}

test('a cancel that comes right behind its start stops it; one before it refuses it', async (t) => {
  const { connect, hub } = await serve(t, { run: pending })
  const peer = await connect()
  const start = peer.request({ type: 'stream_request', stream: 'chat', input })
  t.match(await peer.ask({ type: 'cancel_stream', start_request_id: start }), {
    type: 'stream_cancel_accepted',
  })
  t.match(await peer.ask({ type: 'cancel_stream', stream: 'chat', idempotency_key: KEY }), {
    type: 'stream_cancel_accepted',
  })
  t.match(await peer.ask({ type: 'stream_request', stream: 'chat', input, idempotency_key: KEY }), {
    type: 'request_error',
    error_type: 'conflict',
  })
  await peer.settled()
  t.same(hub.load, { streams: 0, viewers: 0 })
})

test('detach leaves the stream running; detach from what is not attached is answered alike', async (t) => {
  const { connect, hub } = await serve(t, { run: pending })
  const peer = await connect()
  const streamId = await peer.start()
  const detached = { type: 'stream_detached', stream_id: streamId, reason: 'left' }
  t.match(await peer.ask({ type: 'detach_stream', stream_id: streamId }), detached)
  t.same(hub.load, { streams: 1, viewers: 0 })
  t.match(await peer.ask({ type: 'detach_stream', stream_id: streamId }), detached)
  t.match(await peer.ask({ type: 'detach_stream', stream_id: 'x'.repeat(22) }), { type: 'stream_detached' })
})

test('a ping is answered, a pong is not', async (t) => {
  const { connect } = await serve(t)
  const peer = await connect()
  for (let pongs = 0; pongs < 2; pongs++) peer.send({ type: 'pong' })
  peer.send({ type: 'ping' })
  await peer.take('pong')
  t.same(
    peer.messages.map(({ type }) => type),
    ['connection_established', 'pong'],
  )
})

test('connection_init is answered also where nobody asks for it; a second one is a breach', async (t) => {
  const { connect } = await serve(t)
  const peer = await connect()
  const { connection_id } = peer.messages[0]!
  t.match(await peer.ask({ type: 'connection_init' }), { type: 'connection_established', connection_id })
  peer.request({ type: 'connection_init' })
  t.match(await peer.closed, { code: 4500, reason: /connection_init/ })
})

test('two streams on one socket end with their own text', async (t) => {
  const { connect } = await serve(t, {
    run: ({ input: { prompt } }) => numbers(prompt === 'long' ? 3_000 : 30)({} as never),
  })
  const peer = await connect()
  const long = await peer.start({ input: { prompt: 'long' }, window: 4_096 })
  const short = await peer.start({ input: { prompt: 'short' } })
  const text = (count: number) => Array.from({ length: count }, (_, index) => `${index} `).join('')
  t.equal(textOf(await peer.whole(short)), text(30))
  t.ok(textOf(await peer.whole(long)) === text(3_000))
})

test('fields that nobody knows are ignored', async (t) => {
  const { connect } = await serve(t)
  const peer = await connect()
  t.ok(await peer.start({ colour: 'green', chunk_id: 5 }))
})
