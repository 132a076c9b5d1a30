import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { RedisServer } from '@sluice/programs/redis'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { Keys } from '../src/find/keys.ts'
import { type Instance, instance } from './support/instances.ts'
import { loseTail } from './support/lost-tail.ts'
import { until } from './support/waiting.ts'

const leaseMs = 500

let server: RedisServer
let producer: ChildProcess
let streamId: string
let b: Instance
let prefixes = 0
let keyPrefix: string

beforeAll(async () => {
  server = await RedisServer.start()
})

afterAll(() => server.kill())

beforeEach(async () => {
  keyPrefix = `${++prefixes}:`
  b = instance({ url: server.url, keyPrefix, leaseMs })
  const path = fileURLToPath(new URL('support/producer.ts', import.meta.url))
  producer = fork(path, [server.url, keyPrefix, `${leaseMs}`], { execArgv: ['--conditions=sluice-source'] })
  const [message] = await once(producer, 'message')
  streamId = (message as { streamId: string }).streamId
})

afterEach(async () => {
  producer.kill('SIGKILL')
  await b.hub.close()
})

test('viewers of a producer that is killed are told so, soon after its lease is over', async () => {
  const sink = await b.watch(streamId)
  await sink.received(10)
  producer.kill('SIGKILL')
  const killedAt = performance.now()
  expect(await sink.ended).toBe('ended')
  // The lease, a third of it until somebody looks, and the ticks of the clock.
  expect(performance.now() - killedAt).toBeLessThan(leaseMs * 2 + 200)
  expect(sink.events.at(-1)).toMatchObject({ type: 'stream_error', error_type: 'producer_lost' })
  expect(sink.events.map(({ chunk_id }) => chunk_id)).toEqual(sink.events.map((_, index) => index + 1))
  expect(b.log.metrics().leaseExpiries).toBe(1)
})

test('a dead producer whose lease is missing from the index of leases is found by a reader of its stream', async () => {
  const { leases } = new Keys(keyPrefix)
  const sink = await b.watch(streamId)
  await sink.received(10)
  producer.kill('SIGKILL')
  await once(producer, 'exit')
  await server.command('DEL', leases)
  expect(await sink.ended).toBe('ended')
  expect(sink.events.at(-1)).toMatchObject({ type: 'stream_error', error_type: 'producer_lost' })
})

test('a producer that died while Redis was given its stream again is found, too', async () => {
  producer.kill('SIGKILL')
  await once(producer, 'exit')
  const keys = new Keys(keyPrefix)
  // As far as it had come: there is a record, and nothing else.
  await server.command('DEL', keys.leases, keys.of(streamId).log)
  await server.command('HSET', keys.of(streamId).meta, 'last', '0', 'goal', '10')
  await expect(b.watch(streamId)).rejects.toMatchObject({ type: 'capacity' })
  const sink = await until(() => b.watch(streamId).catch(() => undefined))
  expect(await sink.ended).toBe('ended')
  expect(sink.events).toMatchObject([
    { type: 'stream_start', chunk_id: 1, stream_id: streamId, stream: 'chat' },
    { type: 'stream_error', chunk_id: 2, error_type: 'producer_lost' },
  ])
})

test('a producer that thaws after its lease can append nothing, and its run ends', async () => {
  const sink = await b.watch(streamId)
  await sink.received(10)
  producer.kill('SIGSTOP')
  expect(await sink.ended).toBe('ended')
  const { last } = sink
  producer.kill('SIGCONT')
  const [message] = await once(producer, 'message')
  expect(message).toEqual({ ended: 'producer_lost' })
  const again = await b.watch(streamId)
  expect(await again.ended).toBe('ended')
  expect(again.last).toBe(last)
  expect(again.json).toEqual(sink.json)
})

test('a producer that is frozen for less than its lease goes on', async () => {
  const sink = await b.watch(streamId)
  await sink.received(10)
  const { meta } = new Keys(keyPrefix).of(streamId)
  producer.kill('SIGSTOP')
  // A third of it is gone, at which one who lives would have renewed it.
  await until(async () => {
    const lease = Number(await b.log.connection.command(meta, ['HGET', meta, 'lease']))
    return lease - Date.now() < (leaseMs * 2) / 3
  })
  producer.kill('SIGCONT')
  await sink.received(sink.last + 50)
  expect(sink.types.at(-1)).toBe('content_chunk')
})

test('a tail that a failover lost and nobody has any more is not replaced by other words', async () => {
  const sink = await b.watch(streamId)
  await sink.received(30)
  producer.kill('SIGKILL')
  await once(producer, 'exit')
  await loseTail(server, keyPrefix, streamId, 20)
  expect(await sink.ended).toBe('expired')
  expect(sink.types.at(-1)).toBe('content_chunk')
  await expect(b.watch(streamId, sink.last)).rejects.toMatchObject({ type: 'resume_expired' })
  const again = await b.watch(streamId)
  await again.ended
  expect(again.json.slice(0, 20)).toEqual(sink.json.slice(0, 20))
  expect(again.events.slice(20)).toMatchObject([{ type: 'stream_error', chunk_id: 21 }])
})
