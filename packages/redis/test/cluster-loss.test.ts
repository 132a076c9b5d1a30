import { createCluster } from 'redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Keys } from '../src/find/keys.ts'
import { type Instance, instance } from './support/instances.ts'
import { RedisCluster } from './support/redis-cluster.ts'
import { until } from './support/waiting.ts'

const LEASE_MS = 1500

let cluster: RedisCluster
let client: { destroy(): void }
let a: Instance

beforeAll(async () => {
  cluster = await RedisCluster.start()
  const rootNodes = cluster.nodes.map(({ url }) => ({ url }))
  const connected = createCluster({ rootNodes, defaults: { disableOfflineQueue: true } })
  connected.on('error', () => {})
  await connected.connect()
  client = connected
  a = instance({ client: connected, leaseMs: LEASE_MS })
})

afterAll(async () => {
  await a.hub.close()
  client.destroy()
  await cluster.kill()
})

/** The outcome for a viewer that asks for the stream. */
function told(streamId: string): Promise<string> {
  return a.hub.find({ streamId, owner: undefined }).then(
    () => 'found',
    ({ type }) => type,
  )
}

test('whichever shard has lost its streams, a viewer that asks for one is told to come back, and only then that there is none', async () => {
  const keys = new Keys('sluice:')
  for (const node of cluster.nodes) {
    let streamId: string
    do {
      const { record } = await a.hub.start({ stream: 'chat', input: {} })
      streamId = record.streamId
      const attempt = await a.source.asked()
      attempt.finish()
      await until(async () => (await a.hub.find({ streamId, owner: undefined })).ended)
    } while ((await cluster.primaryOf(keys.of(streamId).meta)) !== node)
    // The marks have been seen: a log looks at them when it connects, and three times per lease.
    await until(async () => /\{epoch\d*\}/.test(String(await node.command('KEYS', '*'))))
    expect(await told(streamId)).toBe('found')
    expect(await told('never-was')).toBe('not_found')
    await node.command('FLUSHALL')
    expect(await told(streamId)).toBe('capacity')
    await until(async () => (await told(streamId)) === 'not_found')
  }
})
