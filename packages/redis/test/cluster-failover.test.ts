import { createCluster } from 'redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Keys } from '../src/find/keys.ts'
import { type Instance, instance, watching } from './support/instances.ts'
import { RedisCluster } from './support/redis-cluster.ts'

let cluster: RedisCluster
let clients: { destroy(): void }[]
let a: Instance
let b: Instance

beforeAll(async () => {
  cluster = await RedisCluster.start({ replicas: true })
  const connect = async () => {
    const rootNodes = cluster.nodes.map(({ url }) => ({ url }))
    const client = createCluster({ rootNodes, defaults: { disableOfflineQueue: true } })
    client.on('error', () => {})
    await client.connect()
    return client
  }
  const [one, two] = [await connect(), await connect()]
  clients = [one, two]
  a = instance({ client: one, leaseMs: 3000 })
  b = instance({ client: two, leaseMs: 3000 })
})

afterAll(async () => {
  await Promise.all([a.hub.close(), b.hub.close()])
  for (const client of clients) client.destroy()
  await cluster.kill()
})

test('streams go on when a primary dies and its replica takes over, those of its slots and the others', async () => {
  const streams = await Promise.all(
    Array.from({ length: 9 }, async () => {
      const handle = await a.hub.start({ stream: 'chat', input: {} })
      return { here: watching(handle), there: await b.watch(handle.record.streamId) }
    }),
  )
  const say = (word: string) => {
    for (const attempt of a.source.attempts) attempt.push(word)
  }
  const reach = (chunkId: number) =>
    Promise.all(streams.flatMap(({ here, there }) => [here.received(chunkId), there.received(chunkId)]))
  say('a')
  await reach(2)
  const [first] = streams[0]!.here.events
  if (first?.type !== 'stream_start') throw new Error('no stream_start')
  const primary = await cluster.primaryOf(new Keys('sluice:').of(first.stream_id).meta)
  await primary.kill()
  say('b')
  await reach(3)
  say('c')
  for (const attempt of a.source.attempts) attempt.finish()
  for (const { here, there } of streams) {
    expect(await Promise.all([here.ended, there.ended])).toEqual(['ended', 'ended'])
    expect([here.text, there.text]).toEqual(['abc', 'abc'])
    expect(there.json).toEqual(here.json)
  }
})
