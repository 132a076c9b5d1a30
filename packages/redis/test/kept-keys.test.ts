import { randomBytes } from 'node:crypto'
import { setTimeout as pass } from 'node:timers/promises'
import { RedisServer } from '@sluice/programs/redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { instance, watching } from './support/instances.ts'
import { until } from './support/waiting.ts'

let server: RedisServer

beforeAll(async () => {
  server = await RedisServer.start()
})

afterAll(() => server.kill())

const request = () => ({
  stream: 'chat',
  input: {},
  owner: 'ada',
  thread: 'trip',
  idempotencyKey: randomBytes(16).toString('base64url'),
})

test('a repeated start finds its stream for as long as that runs, however short keys live', async () => {
  const a = instance({ url: server.url, keyPrefix: 'runs:', leaseMs: 300, ttlMs: 600 })
  const start = request()
  const { record } = await a.hub.start(start)
  const attempt = await a.source.asked()
  const until3s = performance.now() + 3000
  while (performance.now() < until3s) {
    attempt.push('word ')
    await pass(50)
  }
  expect((await a.hub.start(start)).record).toEqual(record)
  expect((await a.hub.latest(start))?.record).toEqual(record)
  expect(await a.hub.list('ada')).toHaveLength(1)
  attempt.finish()
  await a.hub.close()
}, 15_000)

test('a repeated start finds its stream for as long as that is read after its end', async () => {
  const a = instance({ url: server.url, keyPrefix: 'ended:', leaseMs: 300, endedTtlMs: 400 })
  const start = request()
  const handle = await a.hub.start(start)
  const attempt = await a.source.asked()
  attempt.push('word')
  attempt.finish()
  await watching(handle).ended
  await until(async () => (await a.hub.find({ streamId: handle.record.streamId, owner: 'ada' })).ended)
  const until3s = performance.now() + 3000
  while (performance.now() < until3s) {
    const found = await a.hub.find({ streamId: handle.record.streamId, owner: 'ada' })
    await watching(found).ended
    await pass(50)
  }
  expect((await a.hub.start(start)).record).toEqual(handle.record)
  await a.hub.close()
}, 15_000)
