import { createCluster } from 'redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Instance, instance, watching } from './support/instances.ts'
import { RedisCluster } from './support/redis-cluster.ts'

let cluster: RedisCluster
let clients: ReturnType<typeof connected>[]
let a: Instance
let b: Instance

function connected() {
  const rootNodes = cluster.nodes.map(({ url }) => ({ url }))
  return createCluster({ rootNodes, defaults: { disableOfflineQueue: true } })
}

beforeAll(async () => {
  cluster = await RedisCluster.start()
  clients = [connected(), connected()]
  for (const client of clients) {
    client.on('error', () => {})
    await client.connect()
  }
  const [one, two] = clients
  a = instance({ client: one!, leaseMs: 600 })
  b = instance({ client: two!, leaseMs: 600 })
})

afterAll(async () => {
  await Promise.all([a.hub.close(), b.hub.close()])
  for (const client of clients) client.destroy()
  await cluster.kill()
})

test('streams on every shard are written on A, read on B, and cancelled from there', async () => {
  for (let index = 0; index < 12; index++) {
    const { record } = await a.hub.start({ stream: 'chat', input: {}, owner: 'ada' })
    const attempt = await a.source.asked()
    attempt.push('Hello', ', ')
    const handle = await b.hub.find({ streamId: record.streamId, owner: 'ada' })
    const sink = watching(handle)
    await sink.received(3)
    await b.hub.cancel({ streamId: record.streamId, owner: 'ada' })
    await attempt.aborted
    expect(await sink.ended).toBe('ended')
  }
  expect(await b.hub.list('ada')).toHaveLength(12)
})

test('events reach B as they are written', async () => {
  for (let index = 0; index < 6; index++) {
    const { record } = await a.hub.start({ stream: 'chat', input: {} })
    const attempt = await a.source.asked()
    const sink = await b.watch(record.streamId)
    for (let chunk = 2; chunk < 20; chunk++) {
      attempt.push(`${chunk} `)
      await sink.received(chunk)
    }
    attempt.finish()
    expect(await sink.ended).toBe('ended')
  }
  expect(b.log.metrics().fanOutMs.count).toBeGreaterThan(50)
})

test('a key has one stream, though it lives in another slot', async () => {
  for (let index = 0; index < 6; index++) {
    const start = { stream: 'chat', input: {}, idempotencyKey: `${index}`.repeat(32) }
    const handles = await Promise.all([a.hub.start(start), b.hub.start(start), a.hub.start(start)])
    expect(new Set(handles.map(({ record }) => record.streamId)).size).toBe(1)
  }
})

test('what runs in a thread is found on B, whichever shard has it', async () => {
  for (let index = 0; index < 6; index++) {
    const thread = `thread-${index}`
    const request = { stream: 'chat', owner: 'ada', thread }
    const { record } = await a.hub.start({ ...request, input: {} })
    const attempt = await a.source.asked()
    expect((await b.hub.latest(request))?.record).toEqual(record)
    expect(await b.hub.latest({ ...request, owner: 'eve' })).toBeUndefined()
    attempt.finish()
  }
})
