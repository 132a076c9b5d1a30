import { RedisServer } from '@sluice/programs/redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Keys } from '../src/find/keys.ts'
import type { RedisLogOptions } from '../src/index.ts'
import { type Instance, instance, scene, watching } from './support/instances.ts'
import { until } from './support/waiting.ts'

let server: RedisServer
let prefixes = 0

beforeAll(async () => {
  server = await RedisServer.start()
})

afterAll(() => server.kill())

/** A stream with three words, that runs on A and is read on both. */
async function running(options: Partial<RedisLogOptions> = {}) {
  const keyPrefix = `${++prefixes}:`
  const pair = [0, 1].map(() => instance({ url: server.url, keyPrefix, leaseMs: 600, ...options })) as [
    Instance,
    Instance,
  ]
  const [a, b] = pair
  const all = await scene(pair)
  const keys = new Keys(keyPrefix).of(all.streamId)
  const command = (...args: string[]) => a.log.connection.command(args[1]!, args)
  const close = () => Promise.all(pair.map(({ hub }) => hub.close()))
  return { ...all, a, b, keys, command, close }
}

test('a stream whose record is lost and whose log is not is written again, without a loop', async () => {
  const { a, b, attempt, here, there, streamId, keys, command, close } = await running()
  await command('DEL', keys.meta)
  attempt.push('d', 'e')
  await Promise.all([here.received(6), there.received(6)])
  attempt.finish()
  expect([await here.ended, await there.ended]).toEqual(['ended', 'ended'])
  const late = await b.watch(streamId)
  expect(await late.ended).toBe('ended')
  for (const sink of [here, there, late]) expect(sink.text).toBe('abcde')
  expect(a.log.metrics()).toMatchObject({ restored: 1 })
  expect(a.log.metrics().recoveries).toBeLessThan(5)
  await close()
})

test('a stream that can not be appended to ends, within the outage that a run may last, after few tries', async () => {
  const { a, attempt, here, keys, command, close } = await running({ maxOutageMs: 800 })
  await command('DEL', keys.log)
  await command('SET', keys.log, 'no stream')
  attempt.push('d')
  await attempt.aborted
  expect(await here.ended).not.toBe('ended')
  expect(a.log.metrics().recoveries).toBeLessThan(20)
  await close()
}, 15_000)

test('a page never has an event in the place of one that is lost', async () => {
  const { a, b, attempt, streamId, keys, command, close } = await running()
  const reader = (await b.log.open(streamId))!
  await command('DEL', keys.log)
  attempt.push('d')
  await until(async () => Number(await command('XLEN', keys.log)) > 0)
  const other = instance({ url: server.url, keyPrefix: `${prefixes}:`, leaseMs: 600 })
  const found = await other.hub.find({ streamId, owner: undefined })
  const sink = watching(found)
  expect(await sink.ended).not.toBe('ended')
  expect(sink.events.map(({ chunk_id }) => chunk_id)).toEqual([])
  expect(reader.record.streamId).toBe(streamId)
  // The producer's own viewers have all of it.
  attempt.finish()
  const here = watching(await a.hub.find({ streamId, owner: undefined }))
  await here.ended
  await other.hub.close()
  await close()
}, 15_000)
