import { manualClock, recordingSink } from '@sluice/core/testing'
import { RedisServer } from '@sluice/programs/redis'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Instance, instance, watching } from './support/instances.ts'
import { until } from './support/waiting.ts'

let server: RedisServer
let a: Instance
let b: Instance
let prefixes = 0

beforeAll(async () => {
  server = await RedisServer.start()
})

afterAll(() => server.kill())

beforeEach(() => {
  const options = { url: server.url, keyPrefix: `${++prefixes}:`, leaseMs: 600 }
  a = instance(options)
  b = instance(options)
})

afterEach(() => Promise.all([a.hub.close(), b.hub.close()]))

const key = 'k'.repeat(32)

test('a stream that A runs is read on B, from the start and as it goes on', async () => {
  const { record } = await a.hub.start({ stream: 'chat', input: {} })
  const attempt = await a.source.asked()
  attempt.push('Hello', ', ')
  const sink = await b.watch(record.streamId)
  await sink.received(3)
  attempt.push('world', '.')
  attempt.finish()
  expect(await sink.ended).toBe('ended')
  expect(sink.text).toBe('Hello, world.')
  expect(sink.events.map(({ chunk_id }) => chunk_id)).toEqual([1, 2, 3, 4, 5, 6])
})

test('what B gets is what A gets, byte for byte', async () => {
  const handle = await a.hub.start({ stream: 'chat', input: {} })
  const here = watching(handle)
  const there = await b.watch(handle.record.streamId)
  const attempt = await a.source.asked()
  attempt.push(...Array.from({ length: 500 }, (_, index) => `né 漢 ${index}\n`))
  attempt.finish()
  await Promise.all([here.ended, there.ended])
  expect(there.json).toEqual(here.json)
})

test('B follows by messages alone: it reads nothing while it keeps up', async () => {
  const { record } = await a.hub.start({ stream: 'chat', input: {} })
  const attempt = await a.source.asked()
  const sink = await b.watch(record.streamId)
  await sink.received(1)
  await until(() => b.log.metrics().tails)
  attempt.push('first')
  await sink.received(2)
  const { pages, refills } = b.log.metrics()
  for (let chunk = 3; chunk < 60; chunk++) {
    attempt.push('more')
    await sink.received(chunk)
  }
  expect(b.log.metrics()).toMatchObject({ pages, refills })
})

test('a cancel on B stops the provider on A by a message, not at the next renewal of the lease', async () => {
  const options = { url: server.url, keyPrefix: `${++prefixes}:`, leaseMs: 3_600_000 }
  const [c, d] = [instance(options), instance(options)]
  const { record } = await c.hub.start({ stream: 'chat', input: {} })
  const attempt = await c.source.asked()
  attempt.push('Hello')
  const sink = await d.watch(record.streamId)
  await sink.received(2)
  const cancelledAt = performance.now()
  await d.hub.cancel({ streamId: record.streamId, owner: undefined })
  await attempt.aborted
  console.log(`stopped after ${(performance.now() - cancelledAt).toFixed(1)} ms`)
  await sink.ended
  expect(sink.types.at(-1)).toBe('stream_cancelled')
  await Promise.all([c.hub.close(), d.hub.close()])
})

test('a start with the same key leads to the same stream on any instance', async () => {
  const start = { stream: 'chat', input: { question: 1 }, idempotencyKey: key }
  const [one, two] = await Promise.all([a.hub.start(start), b.hub.start(start)])
  expect(two.record).toEqual(one.record)
  expect(a.source.attempts.length + b.source.attempts.length).toBe(1)
  await expect(b.hub.start({ ...start, input: { question: 2 } })).rejects.toMatchObject({ status: 422 })
})

test('a key that was cancelled on B is refused on A', async () => {
  await b.hub.cancelByKey({ stream: 'chat', idempotencyKey: key, owner: undefined })
  const started = a.hub.start({ stream: 'chat', input: {}, idempotencyKey: key })
  await expect(started).rejects.toMatchObject({ type: 'conflict' })
})

test('B lists, cancels and forgets what an owner has on A', async () => {
  await a.hub.start({ stream: 'chat', input: {}, owner: 'ada' })
  const attempt = await a.source.asked()
  expect(await b.hub.list('ada')).toMatchObject([{ stream: 'chat', ended: false }])
  await b.hub.cancelAll('ada')
  await attempt.aborted
  await until(async () => (await b.hub.list('ada'))[0]?.ended)
  await b.hub.purge('ada')
  expect(await a.hub.list('ada')).toEqual([])
})

test('a purge on B waits for what A runs, and nothing of it is left', async () => {
  const { record } = await a.hub.start({ stream: 'chat', input: {}, owner: 'ada', idempotencyKey: key })
  const attempt = await a.source.asked()
  attempt.push('Hello')
  await b.hub.purge('ada')
  expect(attempt.isAborted).toBe(true)
  expect(await b.hub.list('ada')).toEqual([])
  await expect(b.hub.find({ streamId: record.streamId, owner: 'ada' })).rejects.toMatchObject({
    type: 'not_found',
  })
  const left = (await a.log.connection.command('', ['KEYS', `${prefixes}:*`])) as string[]
  expect(left.filter((name) => !/\{(epoch|leases)\}/.test(name))).toEqual([])
})

test('viewers of A go on at B when A closes, and its run ends there with the reason', async () => {
  const handle = await a.hub.start({ stream: 'chat', input: {} })
  const attempt = await a.source.asked()
  const before = watching(handle)
  attempt.push('one ', 'two ')
  await before.received(3)
  const closing = a.hub.close({ deadlineMs: 300 })
  expect(await before.ended).toBe('shutting_down')
  const after = await b.watch(handle.record.streamId, before.last)
  attempt.push('three ', 'four')
  attempt.finish()
  await closing
  expect(await after.ended).toBe('ended')
  expect(before.text + after.text).toBe('one two three four')
  expect(after.events[0]?.chunk_id).toBe(before.last + 1)
})

test('an answer that A did not finish in time ends with shutting_down, for viewers on B too', async () => {
  const { record } = await a.hub.start({ stream: 'chat', input: {} })
  const attempt = await a.source.asked()
  attempt.push('Hello')
  const sink = await b.watch(record.streamId)
  await sink.received(2)
  await a.hub.close({ deadlineMs: 10 })
  await sink.ended
  expect(sink.events.at(-1)).toMatchObject({ type: 'stream_error', error_type: 'shutting_down' })
})

test('an ended stream can be read anywhere, and no process holds a byte of it', async () => {
  const { record } = await a.hub.start({ stream: 'chat', input: {} })
  const attempt = await a.source.asked()
  attempt.push('Hello')
  attempt.finish()
  const sink = await b.watch(record.streamId)
  await sink.ended
  expect((await a.watch(record.streamId, 1)).text).toBe('')
  const again = await a.watch(record.streamId)
  expect(await again.ended).toBe('ended')
  expect(again.json).toEqual(sink.json)
  await until(() => a.log.byteLength + b.log.byteLength === 0)
})

test('a cursor beyond the end is refused, not answered with silence', async () => {
  const { record } = await a.hub.start({ stream: 'chat', input: {} })
  const handle = await b.hub.find({ streamId: record.streamId, owner: undefined })
  expect(() => watching(handle, 10)).toThrow(expect.objectContaining({ type: 'resume_expired' }))
})

test('a process has two connections, however many streams it has', async () => {
  const handles = await Promise.all(
    Array.from({ length: 30 }, () => a.hub.start({ stream: 'chat', input: {} })),
  )
  const sinks = await Promise.all(handles.map(({ record }) => b.watch(record.streamId)))
  await Promise.all(sinks.map((sink) => sink.received(1)))
  const info = await b.log.connection.command('', ['INFO', 'clients'])
  const others = 2
  expect(Number(/connected_clients:(\d+)/.exec(info as string)?.[1])).toBe(2 + others)
})

test('a run that is watched on B only is not cancelled as unwatched, and one that nobody watches is', async () => {
  // The hub's time passes when this says so. The log's does by itself: with it comes what B says of its viewers.
  const clock = manualClock()
  const options = { url: server.url, keyPrefix: `${prefixes}:`, leaseMs: 600 }
  const c = instance(options, { whenUnwatched: { cancelAfterMs: 300 } }, { clock })
  const { record } = await c.hub.start({ stream: 'chat', input: {} })
  const attempt = await c.source.asked()
  const sink = await b.watch(record.streamId)
  const writer = (await c.log.open(record.streamId))!
  await until(() => writer.elsewhere?.size === 1)
  await clock.pass(900)
  expect(attempt.isAborted).toBe(false)
  sink.viewer.detach()
  await until(() => writer.elsewhere?.size === 0)
  await clock.pass(300)
  await attempt.aborted
  await c.hub.close()
})

test('an answer larger than the log is read on B while it is written, as long as B keeps up', async () => {
  const bounds = { url: server.url, keyPrefix: `${++prefixes}:`, leaseMs: 600, maxStreamBytes: 32 * 1024 }
  const [c, d] = [instance(bounds), instance(bounds)]
  const { record } = await c.hub.start({ stream: 'chat', input: {} })
  const attempt = await c.source.asked()
  const sink = await d.watch(record.streamId)
  await sink.received(1)
  for (let chunk = 2; chunk < 200; chunk++) {
    attempt.push('x'.repeat(500))
    await sink.received(chunk)
  }
  attempt.finish()
  expect(await sink.ended).toBe('ended')
  expect(sink.text).toHaveLength(198 * 500)
  await Promise.all([c.hub.close(), d.hub.close()])
})

test('a run is as far ahead of its viewers on B as it may be, and no further', async () => {
  const options = { url: server.url, keyPrefix: `${++prefixes}:`, leaseMs: 600 }
  const [c, d] = [instance(options, { leadChunks: 5 }), instance(options)]
  const { record } = await c.hub.start({ stream: 'chat', input: {} })
  const attempt = await c.source.asked()
  const sink = recordingSink()
  const handle = await d.hub.find({ streamId: record.streamId, owner: undefined })
  const viewer = sink.watch(handle, { limit: 10 })
  const words = Array.from({ length: 60 }, (_, index) => `${index} `)
  attempt.push(...words)
  await sink.received(10)
  const { last } = await c.hub.find({ streamId: record.streamId, owner: undefined })
  expect(last).toBeLessThanOrEqual(15)
  viewer.allow(Number.POSITIVE_INFINITY)
  attempt.finish()
  expect(await sink.ended).toBe('ended')
  expect(sink.text).toBe(words.join(''))
  await Promise.all([c.hub.close(), d.hub.close()])
})

test('at the bound of its log a run waits for a viewer on B that has not read on', async () => {
  const bounds = { url: server.url, keyPrefix: `${++prefixes}:`, leaseMs: 600, maxStreamBytes: 32 * 1024 }
  const [c, d] = [instance(bounds), instance(bounds)]
  const { record } = await c.hub.start({ stream: 'chat', input: {} })
  const attempt = await c.source.asked()
  const sink = recordingSink()
  const handle = await d.hub.find({ streamId: record.streamId, owner: undefined })
  const viewer = sink.watch(handle, { limit: 20 })
  await sink.received(1)
  attempt.push(...Array.from({ length: 200 }, () => 'x'.repeat(500)))
  attempt.finish()
  await until(() => c.hub.metrics().pauses > 0)
  await sink.received(20)
  viewer.allow(Number.POSITIVE_INFINITY)
  expect(await sink.ended).toBe('ended')
  expect(sink.text).toHaveLength(200 * 500)
  await Promise.all([c.hub.close(), d.hub.close()])
})
