import { expect, onTestFinished, test } from 'vitest'
import type { ConnectionMeasurement, LabChange } from '../../src/shared/api.ts'
import { clientOf } from './support/client.ts'
import { STEADY, startServer } from './support/server.ts'
import { type Asked, eventsOf, readEvents, textOf, until, Visitor } from './support/visitor.ts'

const QUESTION = 'Explain Dijkstra'

const FAULTS: readonly [what: string, provider: NonNullable<LabChange['provider']>, retried: string][] = [
  ['a 429', { fault: '429', attempts: 2, retryAfter: 0 }, 'rate_limit'],
  ['a 500', { fault: '500', attempts: 1 }, 'api_error'],
  ['an answer that breaks off', { fault: 'break_off', attempts: 2, afterTokens: 30 }, 'connection_lost'],
]

test.each(FAULTS)(
  '%s heals: the answer is whole, and it can be seen what happened',
  async (_, provider, type) => {
    const { url, model } = await startServer()
    const ann = await Visitor.arrive(url)
    await ann.lab({ provider })
    const events = await ann.answer(await ann.begin(QUESTION))
    expect(textOf(events)).toBe(model.answerFor(QUESTION))
    expect(model.requests.map(({ fault }) => fault)).toHaveLength(provider.attempts! + 1)
    const { streams } = await ann.measurements()
    expect(streams).toMatchObject([{ state: 'completed', retries: provider.attempts, retryError: type }])
  },
)

test('a stall is noticed, and heals', async () => {
  const { url, model } = await startServer({ timeouts: { chunkMs: 200 } })
  const ann = await Visitor.arrive(url)
  await ann.lab({ provider: { fault: 'stall', attempts: 1, afterTokens: 20 } })
  const events = await ann.answer(await ann.begin(QUESTION))
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'stream_retry', error_type: 'chunk_timeout' }),
  )
  expect(textOf(events)).toBe(model.answerFor(QUESTION))
})

test('a fault of all three attempts is an error that is stored', async () => {
  const { url } = await startServer()
  const ann = await Visitor.arrive(url)
  await ann.lab({ provider: { fault: '429', attempts: 3, retryAfter: 0 } })
  const asked = await ann.begin(QUESTION)
  await ann.answer(asked)
  expect(await ann.stored(asked)).toMatchObject({
    state: 'failed',
    error: { type: 'rate_limit', recoverable: true },
  })
})

test('the faults of one visitor are not those of another', async () => {
  const { url } = await startServer()
  const [ann, bob] = await Promise.all([Visitor.arrive(url), Visitor.arrive(url)])
  await ann.lab({ provider: { fault: '500', attempts: 3 }, capacity: 'full', network: { latencyMs: 5_000 } })
  const asked = await bob.begin(QUESTION)
  await bob.answer(asked)
  expect((await bob.stored(asked)).state).toBe('completed')
  expect(await bob.ask('GET', '/api/lab')).toMatchObject({ settings: { capacity: 'normal' } })
})

test('a full server refuses starts with capacity, and serves repeats of earlier ones', async () => {
  const { url } = await startServer()
  const ann = await Visitor.arrive(url)
  const early = await ann.begin('Plan a trip')
  await ann.answer(early)
  await ann.lab({ capacity: 'full' })
  const refused = await ann.start(await ann.begin(QUESTION))
  expect(refused.status).toBe(503)
  expect(refused.headers.get('retry-after')).toBe('1')
  expect(await refused.json()).toMatchObject({ error_type: 'capacity', recoverable: true })
  expect((await readEvents(await ann.start(early))).at(-1)).toMatchObject({ type: 'stream_complete' })
})

test.each(['sse', 'ws'] as const)(
  'over %s, a start that finds it full waits, and goes through',
  async (transport) => {
    const { url, model } = await startServer()
    const ann = await Visitor.arrive(url)
    await ann.lab({ capacity: 'full' })
    const asked = await ann.begin(QUESTION)
    const session = clientOf(url, ann, transport).start('chat', asked, { idempotencyKey: asked.answerId })
    await new Promise<void>((resolve) => {
      const unsubscribe = session.subscribe(() => {
        if (session.snapshot.waiting?.for !== 'retry') return
        unsubscribe()
        resolve()
      })
    })
    await ann.lab({ capacity: 'normal' })
    expect((await session.done).text).toBe(model.answerFor(QUESTION))
  },
)

test.each(['sse', 'ws'] as const)(
  'over %s, connections that are cut heal without a missing word',
  async (transport) => {
    const { url, model } = await startServer({ pace: STEADY })
    const ann = await Visitor.arrive(url)
    const asked = await ann.begin(QUESTION)
    const session = clientOf(url, ann, transport).start('chat', asked, { idempotencyKey: asked.answerId })
    let cuts = 0
    for await (const text of session.text()) {
      if (cuts < 3 && text.length > (cuts + 1) * 500) {
        cuts += 1
        await ann.ask('POST', '/api/lab/cut')
      }
    }
    const { text, reconnects } = await session.done
    expect(text).toBe(model.answerFor(QUESTION))
    expect(reconnects).toBeGreaterThanOrEqual(1)
  },
)

test('a cut says how many connections it has cut, and keeps new ones away for as long as it was told', async () => {
  const { url } = await startServer({ pace: STEADY })
  const ann = await Visitor.arrive(url)
  const response = await ann.start(await ann.begin(QUESTION))
  const events = eventsOf(response)
  await until(events, 'content_chunk')
  const cut = await ann.request('POST', '/api/lab/cut', { forMs: 60_000 })
  expect(await cut.json()).toEqual({ connections: 1 })
  await expect(Array.fromAsync(events)).rejects.toThrow()
  const stream = `/streams/chat/${response.headers.get('stream-id')}`
  await expect(ann.request('GET', stream)).rejects.toThrow()
  // The rest of the page goes on: it is where one turns it off again.
  expect(await ann.ask('GET', '/api/lab')).toMatchObject({ offlineUntil: expect.any(Number) })
  expect(await ann.ask('DELETE', '/api/lab')).toMatchObject({ offlineUntil: null })
  expect(textOf(await readEvents(await ann.request('GET', stream)))).not.toBe('')
})

test('a connection that brings many requests is watched once', async () => {
  const warnings: string[] = []
  const onWarning = ({ name }: Error) => void warnings.push(name)
  process.on('warning', onWarning)
  onTestFinished(() => void process.off('warning', onWarning))
  const { url } = await startServer()
  const ann = await Visitor.arrive(url)
  for (let asked = 0; asked < 15; asked += 1) await ann.answer(await ann.begin('Who are you?'))
  await new Promise((resolve) => setImmediate(resolve))
  expect(warnings).not.toContain('MaxListenersExceededWarning')
  expect((await ann.measurements()).connections).toEqual([])
})

test('a throttled viewer gets no more bytes than it was given, and holds up nobody', async () => {
  const { url, model } = await startServer({ pace: STEADY })
  const [ann, bob] = await Promise.all([Visitor.arrive(url), Visitor.arrive(url)])
  await ann.lab({ network: { bytesPerSecond: 2_000 } })
  const asked = await ann.begin(QUESTION)
  const response = await ann.start(asked)
  const events = eventsOf(response)
  await until(events, 'content_chunk')
  const bobs = await bob.answer(await bob.begin(QUESTION))
  expect(textOf(bobs)).toBe(model.answerFor(QUESTION))

  const [connection] = (await ann.measurements()).connections
  expect(connection).toMatchObject({ transport: 'sse' })
  expect(connection!.unsentBytes).toBeGreaterThan(5_000)
  await ann.lab({ network: { bytesPerSecond: null } })
  await until(events, 'stream_complete')
})

test('latency delays each word, and loses none', async () => {
  const { url, model } = await startServer()
  const ann = await Visitor.arrive(url)
  model.script({ text: 'Slowly, but surely.' })
  const asked = await ann.begin(QUESTION)
  await ann.lab({ network: { latencyMs: 300 } })
  const began = performance.now()
  const session = clientOf(url, ann, 'ws').start('chat', asked, { idempotencyKey: asked.answerId })
  expect((await session.done).text).toBe('Slowly, but surely.')
  // There and back once at least.
  expect(performance.now() - began).toBeGreaterThan(590)
})

test('measurements over WebSocket have the window and the client’s queue', async () => {
  const { url } = await startServer({ pace: STEADY })
  const ann = await Visitor.arrive(url)
  const asked = await ann.begin(QUESTION)
  const session = clientOf(url, ann, 'ws').start('chat', asked, { idempotencyKey: asked.answerId })
  await session.text()[Symbol.asyncIterator]().next()
  const measured = await ann.measurements()
  expect(measured.streams).toMatchObject([{ streamId: session.streamId, state: 'streaming', viewers: 1 }])
  expect(measured.streams[0]!.lastChunkId).toBeGreaterThan(1)
  const [connection] = measured.connections as [ConnectionMeasurement]
  expect(connection).toMatchObject({ transport: 'ws', streams: [{ streamId: session.streamId }] })
  const [{ cursor, acknowledged, limit }] = connection.streams as [ConnectionMeasurement['streams'][0]]
  expect(cursor).toBeGreaterThan(1)
  expect(acknowledged).toBeLessThanOrEqual(cursor)
  expect(limit).toBeGreaterThan(acknowledged)
  const bob = await Visitor.arrive(url)
  expect(await bob.measurements()).toMatchObject({ streams: [], connections: [] })
  await session.cancel()
})

test('if no supervisor would restart it, the process is not killed, and the error says why', async () => {
  const { url } = await startServer()
  const ann = await Visitor.arrive(url)
  const refused = await ann.request('POST', '/api/lab/kill')
  expect(refused.status).toBe(409)
  expect(await refused.json()).toMatchObject({ message: expect.stringContaining('demo:cluster') })
})

test('a process may be killed by who has an answer running there', async () => {
  let kill = () => {}
  const killed = new Promise<void>((resolve) => {
    kill = resolve
  })
  const { url } = await startServer({ pace: STEADY, kill: () => kill() })
  const ann = await Visitor.arrive(url)
  const asked: Asked = await ann.begin(QUESTION)
  const events = eventsOf(await ann.start(asked))
  await until(events, 'content_chunk')
  expect((await ann.request('POST', '/api/lab/kill')).status).toBe(202)
  await killed
  await events.return(undefined)
})
