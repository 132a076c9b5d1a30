import { setImmediate as nextTurn } from 'node:timers/promises'
import { manualClock, settle } from '@sluice/core/testing'
import { gate, textOf, WORDS } from '@sluice/plugin-tests'
import { test } from 'tap'
import { eventsOf, idsOf, type Received, upTo } from './support/peer.ts'
import { numbers, pending, serve } from './support/server.ts'

test('nothing comes above the limit, whatever is ready; each ack brings what it allows', async (t) => {
  const { connect } = await serve(t, { run: numbers(200) })
  const peer = await connect()
  const streamId = await peer.start({ window: 10 })
  await peer.received(streamId, 10)
  await peer.settled()
  t.same(idsOf(peer.events(streamId)), upTo(10))
  peer.ack(streamId, 4, 17)
  await peer.received(streamId, 17)
  await peer.settled()
  t.same(idsOf(peer.events(streamId)), upTo(17))
  peer.ack(streamId, 17)
  await peer.received(streamId, 27)
  await peer.settled()
  t.same(idsOf(peer.events(streamId)), upTo(27), 'without a limit: the chunk_id plus the window')
  peer.ack(streamId, 17, 20)
  peer.ack(streamId, 3)
  await peer.settled()
  t.same(idsOf(peer.events(streamId)), upTo(27), 'a lower limit takes nothing back')
  peer.ack(streamId, 27, 1_000)
  t.same(idsOf(await peer.whole(streamId)), upTo(202))
})

test('with a window of 1, one chunk at a time, to the end', async (t) => {
  const { connect } = await serve(t, { run: numbers(50) })
  const peer = await connect()
  const streamId = await peer.start({ window: 1 })
  for (let chunkId = 1; chunkId <= 52; chunkId++) {
    await peer.received(streamId, chunkId)
    t.equal(peer.events(streamId).at(-1)?.chunk_id, chunkId)
    peer.ack(streamId, chunkId)
  }
  t.same(idsOf(peer.events(streamId)), upTo(52))
})

test('acks that are forged never let more out than the largest window', async (t) => {
  const { connect } = await serve(t, { run: numbers(5_000), maxWindow: 100 })
  const peer = await connect()
  const streamId = await peer.start({ window: 100 })
  await peer.received(streamId, 100)
  peer.ack(streamId, 5_000)
  peer.ack(streamId, 101, 5_000)
  peer.ack(streamId, 50, Number.MAX_SAFE_INTEGER)
  await peer.received(streamId, 150)
  await peer.settled()
  t.same(idsOf(peer.events(streamId)), upTo(150))
})

test('acks that are lost, repeated or out of order are repaired by the next', async (t) => {
  const { connect } = await serve(t, { run: numbers(300) })
  const peer = await connect()
  const streamId = await peer.start({ window: 20 })
  for (let last = 20; last < 302; last = Math.min(302, last + 20)) {
    await peer.received(streamId, last)
    peer.ack(streamId, last - 7)
    peer.ack(streamId, last)
    peer.ack(streamId, last - 13)
    peer.ack(streamId, last)
  }
  t.same(idsOf(await peer.whole(streamId)), upTo(302))
})

test('a new attachment declares its window afresh, and old acks mean nothing to it', async (t) => {
  const { connect } = await serve(t, { run: numbers(100) })
  const peer = await connect()
  const streamId = await peer.start({ window: 50 })
  await peer.received(streamId, 50)
  await peer.ask({ type: 'resume_stream', stream_id: streamId, last_chunk_id: 10, window: 5 })
  await peer.received(streamId, 15)
  peer.ack(streamId, 50)
  await peer.settled()
  t.same(idsOf(peer.events(streamId)).slice(50), [11, 12, 13, 14, 15])
  peer.ack(streamId, 15)
  await peer.take((message) => eventsOf(message).some(({ chunk_id }) => chunk_id === 20))
})

test('who is paused for long is told so, and that it goes on', async (t) => {
  const clock = manualClock()
  const { connect, app } = await serve(t, { run: numbers(100), clock })
  const peer = await connect()
  const streamId = await peer.start({ window: 10 })
  await peer.received(streamId, 10)
  clock.advance(900)
  await peer.settled()
  t.notOk(peer.messages.some(({ type }) => type === 'stream_state'))
  clock.advance(100)
  t.match(await peer.take('stream_state'), { stream_id: streamId, state: 'paused' })
  const [stats] = app.sluiceConnections.list()[0]?.streams ?? []
  t.equal(stats?.pausedMs, 1_000)
  peer.ack(streamId, 10, 20)
  t.match(await peer.take('stream_state'), { stream_id: streamId, state: 'streaming' })
  await peer.received(streamId, 20)
  peer.ack(streamId, 20, 300)
  t.same(idsOf(await peer.whole(streamId)), upTo(102))
  await peer.settled()
  t.equal(peer.messages.filter(({ type }) => type === 'stream_state').length, 2, 'and that once')
})

test('who has had all that there is is not called paused before there is more', async (t) => {
  const clock = manualClock()
  const more = gate()
  const { connect } = await serve(t, {
    clock,
    run: async function* () {
      yield 'one '
      await more.opened
      yield 'two'
    },
  })
  const peer = await connect()
  const streamId = await peer.start({ window: 2 })
  await peer.received(streamId, 2)
  clock.advance(3_000)
  await peer.settled()
  t.notOk(peer.messages.some(({ type }) => type === 'stream_state'))
  more.open()
  await settle()
  clock.advance(1_000)
  t.match(await peer.take('stream_state'), { state: 'paused' })
  peer.ack(streamId, 2)
  t.same(idsOf(await peer.whole(streamId)), upTo(4))
})

test('a stream whose viewer never acks is detached; another on the same socket goes on', async (t) => {
  const clock = manualClock()
  const { connect, hub } = await serve(t, { run: numbers(2_000), stallMs: 10_000, clock })
  const peer = await connect()
  const stalled = await peer.start({ window: 10 })
  const other = await peer.start({ window: 100 })
  let last = 100
  await peer.received(other, last)
  const detached = () => peer.messages.find(({ type }) => type === 'stream_detached')
  for (; detached() === undefined; last += 1) {
    clock.advance(100)
    peer.ack(other, last, last + 1)
    await peer.received(other, last + 1)
  }
  t.same(detached(), { type: 'stream_detached', stream_id: stalled, reason: 'stalled' })
  t.ok(clock.now() >= 10_000 && clock.now() <= 10_200, `${clock.now()} ms`)
  t.equal(peer.events(stalled).length, 10)
  peer.ack(other, last, 5_000)
  t.same(idsOf(await peer.whole(other)), upTo(2_002))
  t.equal(hub.load.viewers, 0)
  await peer.ask({ type: 'resume_stream', stream_id: stalled, last_chunk_id: 10, window: 4_096 })
  t.same(idsOf(await peer.whole(stalled)), upTo(2_002), 'and can be resumed')
})

test('two streams that both have much to say take turns, in messages of bounded size', async (t) => {
  const maxFrameBytes = 4_000
  const { connect } = await serve(t, {
    maxFrameBytes,
    highWaterMark: 64_000,
    run: async function* () {
      for (let index = 0; index < 500; index++) yield WORDS
    },
  })
  const first = await connect()
  const ids = [await first.start({ window: 4_096 }), await first.start({ window: 4_096 })]
  for (const id of ids) await first.whole(id)

  const peer = await connect()
  for (const stream_id of ids) {
    peer.request({ type: 'resume_stream', stream_id, last_chunk_id: 0, window: 4_096 })
  }
  for (const id of ids) await peer.whole(id)
  const order = peer.messages.filter((message) => eventsOf(message).length > 0)
  t.ok(order.length > 200, 'in many messages')
  t.ok(longestRun(order) <= 4, `no stream has the socket to itself: ${longestRun(order)} in a row`)
  const sizes = order.map((message) => JSON.stringify(message).length)
  t.ok(Math.max(...sizes) < maxFrameBytes + 200, `the largest has ${Math.max(...sizes)} bytes`)
  for (const id of ids) t.equal(textOf(peer.events(id)), WORDS.repeat(500))
})

test('an event that comes alone does not wait behind another stream’s million', async (t) => {
  const turn = gate()
  const { connect } = await serve(t, {
    run: async function* ({ input: { prompt }, signal }) {
      if (prompt === 'short') {
        await turn.opened
        yield 'here'
      } else while (!signal.aborted) yield WORDS
    },
    log: { maxStreamBytes: 262_144 },
  })
  const peer = await connect()
  const long = await peer.start({ input: { prompt: 'long' }, window: 4_096 })
  const short = await peer.start({ input: { prompt: 'short' } })
  await peer.received(long, 200)
  turn.open()
  const before = peer.messages.length
  await peer.received(short, 2)
  t.ok(peer.messages.length - before < 200, `${peer.messages.length - before} messages later`)
})

test('a batch is what the log has: content of every kind arrives as it was', async (t) => {
  const texts = [
    '"',
    '\\',
    '\n',
    '\u2028',
    '漢',
    '👩‍👩‍👧',
    '\u0000',
    '</script>',
    '{"stream_id":"x"}',
    ',',
    ']}',
  ]
  const { connect } = await serve(t, {
    run: async function* () {
      yield* texts
    },
  })
  const peer = await connect()
  const streamId = await peer.start()
  t.equal(textOf(await peer.whole(streamId)), texts.join(''))
})

test('flushMs gathers what would have come in many messages; what comes first does not wait', async (t) => {
  const { connect } = await serve(t, {
    flushMs: 60,
    run: async function* () {
      for (let index = 0; index < 20; index++) {
        await nextTurn()
        yield `${index} `
      }
    },
  })
  const peer = await connect()
  const streamId = await peer.start()
  await peer.whole(streamId)
  const carriers = peer.messages.filter((message) => eventsOf(message).length > 0)
  t.ok(carriers.length <= 5, `${carriers.length} messages for 22 events`)
})

test('what a client says of its queue is in the statistics', async (t) => {
  const { connect, app } = await serve(t, { run: pending })
  const peer = await connect()
  const streamId = await peer.start()
  await peer.received(streamId, 2)
  peer.send({ type: 'chunk_ack', stream_id: streamId, chunk_id: 1, limit: 33, queue_length: 7 })
  await peer.settled()
  t.match(app.sluiceConnections.list()[0]?.streams, [
    { streamId, stream: 'chat', cursor: 2, queueLength: 7, outstanding: 1, limit: 256 },
  ])
})

function longestRun(messages: readonly Received[]): number {
  let longest = 0
  let run = 0
  let before: unknown
  // Where one of them has ended, the other has the rest.
  const ends = messages.findIndex((message) =>
    eventsOf(message).some(({ type }) => type === 'stream_complete'),
  )
  for (const { stream_id } of messages.slice(0, ends)) {
    run = stream_id === before ? run + 1 : 1
    before = stream_id
    longest = Math.max(longest, run)
  }
  return longest
}
