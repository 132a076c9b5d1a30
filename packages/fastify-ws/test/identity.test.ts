import { setImmediate as nextTurn } from 'node:timers/promises'
import { StreamingError } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { gate } from '@sluice/plugin-tests'
import { test } from 'tap'
import { Peer } from './support/peer.ts'
import { pending, serve } from './support/server.ts'

const hello = { stream: 'chat', input: { prompt: 'hello' } }

test('owner says whose streams they are; others see nothing', async (t) => {
  const { connect, app } = await serve(t, {
    run: pending,
    owner: (request) => request.headers['x-user'] as string | undefined,
  })
  const ann = await connect({ headers: { 'x-user': 'ann' } })
  const bob = await connect({ headers: { 'x-user': 'bob' } })
  const streamId = await ann.start()
  for (const message of [
    { type: 'resume_stream', stream_id: streamId, last_chunk_id: 99 },
    { type: 'cancel_stream', stream_id: streamId },
  ]) {
    t.match(await bob.ask(message), {
      error_type: 'not_found',
      message: /no such stream, or it is not yours/,
    })
  }
  t.same(
    app.sluiceConnections.list({ owner: 'ann' }).map(({ streams }) => streams.length),
    [1],
  )
})

test('nobody is 4501, and an owner that fails is 1011 with no word of why', async (t) => {
  const lines: { readonly level: number }[] = []
  const stream = { write: (line: string) => lines.push(JSON.parse(line)) }
  const { url } = await serve(t, {
    fastify: { logger: { level: 'trace', stream } },
    owner: async (request) => {
      if (request.headers['x-user'] === 'broken') throw new Error('password=hunter2')
      return undefined
    },
  })
  const nobody = await Peer.open(t, url)
  t.match(await nobody.closed, { code: 4501 })
  const broken = await Peer.open(t, url, { headers: { 'x-user': 'broken' } })
  const { code, reason } = await broken.closed
  t.equal(code, 1011)
  t.notMatch(reason, /hunter2/)
  const logged = (level: number): string => JSON.stringify(lines.filter((line) => line.level === level))
  t.match(logged(50), /\[credential\].*connection failed/)
  t.notMatch(logged(50), /hunter2/)
  t.match(logged(10), /hunter2/, 'the whole at trace')
})

test('authorize decides on what exists: reading may be shared without the right to stop', async (t) => {
  const { connect } = await serve(t, {
    run: pending,
    owner: (request) => request.headers['x-user'] as string,
    authorize: ({ owner, stream, action }) => owner === stream.owner || action === 'attach',
  })
  const streamId = await (await connect({ headers: { 'x-user': 'ann' } })).start()
  const bob = await connect({ headers: { 'x-user': 'bob' } })
  t.match(await bob.ask({ type: 'resume_stream', stream_id: streamId, last_chunk_id: 0 }), {
    type: 'stream_attached',
  })
  t.match(await bob.ask({ type: 'cancel_stream', stream_id: streamId }), { error_type: 'not_found' })
})

const byToken = {
  authenticate: (payload: unknown) => (payload as { token?: string } | undefined)?.token,
}

test('connection_init says who it is, and what came behind it is served after it', async (t) => {
  const known = gate()
  const { url, app } = await serve(t, {
    authenticate: async (payload) => {
      await known.opened
      return byToken.authenticate(payload)
    },
  })
  const peer = await Peer.open(t, url)
  peer.send({ type: 'connection_init', request_id: 'init', payload: { token: 'ann' } })
  peer.send({ type: 'stream_request', request_id: 'first', ...hello })
  await peer.settled()
  t.same(
    app.sluiceConnections.list().map(({ owner }) => owner),
    [undefined],
  )
  known.open()
  t.match(await peer.take('connection_established'), { request_id: 'init' })
  t.match(await peer.take('stream_attached'), { request_id: 'first' })
  t.same(
    app.sluiceConnections.list().map(({ owner }) => owner),
    ['ann'],
  )
})

test('connection_init that convinces nobody is 4501', async (t) => {
  const { url } = await serve(t, byToken)
  const peer = await Peer.open(t, url)
  peer.request({ type: 'connection_init', payload: {} })
  t.match(await peer.closed, { code: 4501 })
})

for (const errorType of ['permission_denied', 'conflict'] as const) {
  test(`an authenticate that refuses with ${errorType} is 4503, with its words`, async (t) => {
    const { url } = await serve(t, {
      authenticate: () => {
        throw new StreamingError(errorType, 'Not you.')
      },
    })
    const peer = await Peer.open(t, url)
    peer.request({ type: 'connection_init' })
    t.match(await peer.closed, { code: 4503, reason: 'Not you.' })
  })
}

test('anything before connection_init is 4501, except pings', async (t) => {
  const { url } = await serve(t, byToken)
  const peer = await Peer.open(t, url)
  await peer.settled()
  peer.request({ type: 'stream_request', ...hello })
  t.match(await peer.closed, { code: 4501, reason: /connection_init/ })
})

test('connection_init that does not come in time is 4408, one that came is not', async (t) => {
  const { url, connect, clock } = await serve(t, { ...byToken, authenticateWithinMs: 50 })
  const late = await Peer.open(t, url)
  const prompt = await connect({ init: { request_id: 'i', payload: { token: 'ann' } } })
  t.match(await late.closed, { code: 4408 })
  t.ok(await prompt.start())
  t.ok(clock.size > 0)
})

test('who floods before it is known who it is, is closed', async (t) => {
  const { url } = await serve(t, { owner: () => new Promise(() => {}), maxPendingRequests: 3 })
  const many = await Peer.open(t, url)
  for (let index = 0; index < 4; index++) many.request({ type: 'stream_request', ...hello })
  t.match(await many.closed, { code: 4429 })
  const large = await Peer.open(t, url)
  const pad = 'x'.repeat(65_000)
  for (let index = 0; index < 5; index++) large.send({ type: 'detach_stream', request_id: `${index}`, pad })
  t.match(await large.closed, { code: 4429 })
})

test('an identity that is gone closes a socket that lives on; a stream that is no longer theirs is detached', async (t) => {
  let mayRead = true
  let user: string | undefined = 'ann'
  const { connect, hub } = await serve(t, {
    run: pending,
    owner: () => user,
    authorize: ({ stream, owner }) => mayRead && stream.owner === owner,
    revalidateMs: 30,
  })
  const peer = await connect()
  const streamId = await peer.start()
  mayRead = false
  t.match(await peer.take('stream_detached'), { stream_id: streamId, reason: 'revoked' })
  t.same(hub.load, { streams: 1, viewers: 0 })
  await peer.settled()
  user = undefined
  t.match(await peer.closed, { code: 4501 })
  user = 'ann'
  const other = await connect()
  user = 'bob'
  t.match(await other.closed, { code: 4501 }, 'nor does it become somebody else’s')
})

test('connection_init that nobody waits for is answered once, also while it is asked who it is', async (t) => {
  const known = gate()
  const { url } = await serve(t, { owner: () => known.opened.then(() => 'ann') })
  const peer = await Peer.open(t, url)
  peer.request({ type: 'connection_init', request_id: 'init' })
  await peer.settled()
  known.open()
  t.match(await peer.take('connection_established'), { request_id: 'init' })
  await peer.settled()
  t.equal(peer.messages.filter(({ type }) => type === 'connection_established').length, 1)
})

// What would be left is an alarm: `serve` looks for it.
for (const user of ['ann', undefined]) {
  test(`a client that has left when it is known who it was (${user}) leaves nothing behind`, async (t) => {
    const [asked, known] = [gate(), gate()]
    const { url, app } = await serve(t, {
      owner: async () => {
        asked.open()
        await known.opened
        return user
      },
    })
    const peer = await Peer.open(t, url)
    await asked.opened
    peer.socket.terminate()
    while (app.sluiceConnections.size > 0) await nextTurn()
    known.open()
    await nextTurn()
  })
}

test('nor does one that leaves while it is asked again', async (t) => {
  const clock = manualClock()
  const [again, known] = [gate(), gate()]
  let isAgain = false
  const { connect, app } = await serve(t, {
    clock,
    revalidateMs: 1_000,
    owner: async () => {
      if (!isAgain) return 'ann'
      again.open()
      await known.opened
      return 'ann'
    },
  })
  const peer = await connect()
  isAgain = true
  clock.advance(1_000)
  await again.opened
  peer.socket.terminate()
  while (app.sluiceConnections.size > 0) await nextTurn()
  known.open()
  await nextTurn()
})

test('a stream that is left while it is asked whether it may be read is not spoken of again', async (t) => {
  const clock = manualClock()
  const [asked, answer] = [gate(), gate()]
  let isAgain = false
  const { connect } = await serve(t, {
    clock,
    run: pending,
    revalidateMs: 1_000,
    authorize: async () => {
      if (!isAgain) return true
      asked.open()
      await answer.opened
      return false
    },
  })
  const peer = await connect()
  const stream_id = await peer.start()
  isAgain = true
  clock.advance(1_000)
  await asked.opened
  t.match(await peer.ask({ type: 'detach_stream', stream_id }), { reason: 'left' })
  answer.open()
  await nextTurn()
  await peer.settled()
  t.equal(peer.messages.filter(({ type }) => type === 'stream_detached').length, 1)
})
