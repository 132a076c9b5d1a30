import { FaultProxy } from '@sluice/fault-proxy'
import { RedisServer } from '@sluice/programs/redis'
import { createSentinel } from 'redis'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Keys } from '../src/find/keys.ts'
import { type Instance, instance, type Scene, scene } from './support/instances.ts'
import { startReplica } from './support/replica.ts'
import { Sentinel } from './support/sentinel.ts'
import { until } from './support/waiting.ts'

const leaseMs = 1000

let primary: RedisServer
let replica: RedisServer
let instances: Instance[] = []

beforeEach(async () => {
  primary = await RedisServer.start()
  replica = await startReplica(primary)
})

afterEach(async () => {
  await Promise.all(instances.map(({ hub }) => hub.close()))
  instances = []
  await Promise.all([primary.kill(), replica.kill()])
})

function two(options: () => Parameters<typeof instance>[0]): readonly [Instance, Instance] {
  const made = [options(), options()].map((each) => instance({ ...each, leaseMs, commandTimeoutMs: 1000 }))
  instances.push(...made)
  return made as [Instance, Instance]
}

/** Viewers that were there, and one that comes now, get the same events, to the end. */
async function endsWhole([, b]: readonly [Instance, Instance], played: Scene, text: string): Promise<void> {
  const { attempt, here, there, streamId } = played
  attempt.finish()
  expect(await Promise.all([here.ended, there.ended])).toEqual(['ended', 'ended'])
  // A server that becomes a replica loads what the other has, and answers nobody meanwhile: who comes then comes again.
  const again = await until(async () => {
    const sink = await b.watch(streamId).catch(() => undefined)
    return (await sink?.ended) === 'ended' ? sink : undefined
  })
  expect([here.text, there.text, again.text]).toEqual([text, text, text])
  expect(there.json).toEqual(here.json)
  expect(again.json).toEqual(here.json)
}

// An address that leads to one server, and then to another, is the name of a primary at a managed service.

test('a replica that is promoted without the tail has it from the producer', async () => {
  let named = primary
  const address = await FaultProxy.before(() => named.port)
  const both = two(() => ({ url: `redis://127.0.0.1:${address.port}` }))
  const played = await scene(both)
  await until(async () => (await lastAt(replica, played.streamId)) === 4)
  // The partition: the replica is the primary for its side, and the old one takes a few more words that are lost.
  await replica.command('REPLICAOF', 'NO', 'ONE')
  played.attempt.push('d', 'e')
  await Promise.all([played.here.received(6), played.there.received(6)])
  expect(await lastAt(replica, played.streamId)).toBe(4)
  named = replica
  await primary.kill()
  address.drop('reset')
  played.attempt.push('f')
  await Promise.all([played.here.received(7), played.there.received(7)])
  await endsWhole(both, played, 'abcdef')
  await address.close()
})

test('a primary that has become a replica is left, though its connections stand', async () => {
  let named = primary
  const address = await FaultProxy.before(() => named.port)
  const both = two(() => ({ url: `redis://127.0.0.1:${address.port}` }))
  const played = await scene(both)
  await until(async () => (await lastAt(replica, played.streamId)) === 4)
  await replica.command('REPLICAOF', 'NO', 'ONE')
  await primary.command('REPLICAOF', '127.0.0.1', `${replica.port}`)
  named = replica
  played.attempt.push('d')
  await Promise.all([played.here.received(5), played.there.received(5)])
  await endsWhole(both, played, 'abcd')
  await address.close()
})

test('Sentinel promotes the replica, and the answer goes on there', async () => {
  const sentinel = await Sentinel.start(primary)
  const { server } = sentinel
  const name = Sentinel.primaryName
  await until(async () => ((await server.command('SENTINEL', 'REPLICAS', name)) as unknown[]).length === 1)
  const clients = await Promise.all(
    ['a', 'b'].map(async () => {
      const sentinelRootNodes = [{ host: '127.0.0.1', port: server.port }]
      const client = createSentinel({ name, sentinelRootNodes, scanInterval: 200 })
      client.on('error', () => {})
      await client.connect()
      return client
    }),
  )
  const waiting = [...clients]
  const both = two(() => ({ client: waiting.pop()! }))
  const played = await scene(both)
  await until(async () => (await lastAt(replica, played.streamId)) === 4)
  await primary.kill()
  played.attempt.push('d', 'e')
  await Promise.all([played.here.received(6), played.there.received(6)])
  await endsWhole(both, played, 'abcde')
  await Promise.all(instances.map(({ hub }) => hub.close()))
  await Promise.all(clients.map((client) => client.destroy()))
  await sentinel.kill()
})

async function lastAt(server: RedisServer, streamId: string): Promise<number> {
  return Number(await server.command('HGET', new Keys('sluice:').of(streamId).meta, 'last'))
}
