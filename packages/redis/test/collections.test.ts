import { setTimeout as pass } from 'node:timers/promises'
import { RedisServer } from '@sluice/programs/redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Keys } from '../src/find/keys.ts'
import { redisLog } from '../src/index.ts'
import { until } from './support/waiting.ts'

const STREAMS = 120
const ENDED_TTL_MS = 20
const scope = { owner: 'ada', thread: 'trip' }

let server: RedisServer

beforeAll(async () => {
  server = await RedisServer.start()
})

afterAll(() => server.kill())

test('what an owner and a thread have in Redis stays in proportion to the streams that are there', async () => {
  const log = redisLog({ url: server.url, endedTtlMs: ENDED_TTL_MS })
  const names = new Keys('sluice:')
  const collections = [names.owner(scope.owner), names.thread(scope)]
  const sizes = () =>
    Promise.all(collections.map(async (key) => Number(await log.connection.command(key, ['ZCARD', key]))))
  const create = async (streamId: string, createdAt: number) => {
    const record = { ...scope, streamId, stream: 'chat', createdAt, idempotency: undefined }
    const creation = await log.create(record)
    if (creation.outcome !== 'created') throw new Error(creation.outcome)
    return creation.writer
  }
  const running = await create('running', 1)
  for (let index = 0; index < STREAMS; index++) {
    // Of long ago: one that was created a moment ago and is not there may be on its way.
    const writer = await create(`ended-${index}`, 1000 + index)
    writer.end('{"type":"stream_cancelled","chunk_id":1,"reason":"test"}')
    await until(() => writer.ended)
    if (index % 20 === 0) await pass(ENDED_TTL_MS * 2)
  }
  for (const size of await sizes()) expect(size).toBeLessThan(STREAMS / 2)

  await pass(ENDED_TTL_MS * 2)
  const ids = async () => (await log.list(scope.owner)).map(({ record }) => record.streamId)
  expect(await ids()).toEqual([running.record.streamId])
  expect((await log.listThread(scope)).map(({ record }) => record.streamId)).toEqual(['running'])
  await until(async () => (await sizes()).every((size) => size === 1))

  running.end('{"type":"stream_cancelled","chunk_id":1,"reason":"test"}')
  await until(() => running.ended)
  await log.forget('running')
  expect(await sizes()).toEqual([0, 0])
  await log.close()
}, 30_000)
