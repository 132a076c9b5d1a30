import { RedisServer } from '@sluice/programs/redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Keys } from '../src/find/keys.ts'
import { type Instance, instance, watching } from './support/instances.ts'

// The costs of a stream and an event in Redis, as the README has them.
const BYTES_OF_STREAM = 6 * 1024
const BYTES_BESIDE_EVENT = 25

let server: RedisServer
let a: Instance

beforeAll(async () => {
  server = await RedisServer.start()
  a = instance({ url: server.url })
})

afterAll(async () => {
  await a.hub.close()
  await server.kill()
})

/** Writes a number of words of one length. Resolves with their size in Redis, and that of their JSON, in bytes. */
async function cost(words: number): Promise<{ readonly bytes: number; readonly jsonBytes: number }> {
  const handle = await a.hub.start({
    stream: 'chat',
    input: {},
    owner: 'ada',
    idempotencyKey: 'k'.repeat(32),
  })
  const sink = watching(handle)
  const attempt = await a.source.asked()
  attempt.push(...Array.from({ length: words }, (_, index) => `${index}`.padStart(8, ' ')))
  await sink.received(words + 1)
  const { meta, log } = new Keys('sluice:').of(handle.record.streamId)
  const [metaBytes, logBytes] = await Promise.all(
    [meta, log].map((key) => a.log.connection.command(key, ['MEMORY', 'USAGE', key, 'SAMPLES', '0'])),
  )
  attempt.finish()
  await sink.ended
  await a.hub.purge('ada')
  const jsonBytes = sink.json.slice(0, words + 1).reduce((sum, json) => sum + json.length, 0)
  return { bytes: Number(metaBytes) + Number(logBytes), jsonBytes }
}

test('a stream takes no more of Redis than is said, nor does an event', async () => {
  const small = await cost(1)
  const large = await cost(2001)
  const perEvent = (large.bytes - small.bytes - (large.jsonBytes - small.jsonBytes)) / 2000
  console.log(`a stream ${small.bytes} bytes; an event ${perEvent.toFixed(1)} bytes beside its JSON`)
  expect(small.bytes).toBeLessThan(BYTES_OF_STREAM)
  expect(perEvent).toBeLessThan(BYTES_BESIDE_EVENT)
})
