import { randomBytes } from 'node:crypto'
import type { StreamRecord } from '@sluice/core/server'
import { RedisServer } from '@sluice/programs/redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Keys } from '../src/find/keys.ts'
import { MAX_REFUSED_KEYS_PER_OWNER } from '../src/find/tombstones.ts'
import { type RedisLog, type RedisLogOptions, redisLog } from '../src/index.ts'
import { instance, watching } from './support/instances.ts'
import { until } from './support/waiting.ts'

// One owner's flood costs nobody else their streams, their Stop, or the memory of Redis.

const KiB = 1024

let server: RedisServer
let prefixes = 0

beforeAll(async () => {
  server = await RedisServer.start()
})

afterAll(() => server.kill())

function logWith(options: Partial<RedisLogOptions> = {}): { log: RedisLog; names: Keys } {
  const keyPrefix = `bounds-${++prefixes}:`
  return { log: redisLog({ url: server.url, keyPrefix, ...options }), names: new Keys(keyPrefix) }
}

const newKey = () => randomBytes(16).toString('base64url')

function record(owner: string | undefined, key?: string): StreamRecord {
  const idempotency = key === undefined ? undefined : { key, inputHash: 'h' }
  return { owner, streamId: newKey(), stream: 'chat', createdAt: Date.now(), idempotency }
}

const count = async (log: RedisLog, key: string): Promise<number> =>
  Number(await log.connection.command(key, ['ZCARD', key]))

describe('cancelled keys', () => {
  test('of one owner are as many as may be, the latest, and nobody else’s are forgotten for them', async () => {
    const { log, names } = logWith()
    const stop = (owner: string | undefined, key: string) => log.refuseKey({ owner, stream: 'chat', key })
    const [ofBob, ofNobody] = [newKey(), newKey()]
    await stop('bob', ofBob)
    await stop(undefined, ofNobody)
    const ofAnn = Array.from({ length: MAX_REFUSED_KEYS_PER_OWNER + 50 }, newKey)
    for (const key of ofAnn) await stop('ann', key)

    expect(await count(log, names.refusedOf('ann'))).toBe(MAX_REFUSED_KEYS_PER_OWNER)
    const start = async (owner: string | undefined, key: string) =>
      (await log.create(record(owner, key))).outcome
    expect(await start('bob', ofBob)).toBe('cancelled')
    expect(await start(undefined, ofNobody)).toBe('cancelled')
    expect(await start('ann', ofAnn.at(-1)!)).toBe('cancelled')
    expect(await start('ann', ofAnn[50]!)).toBe('cancelled')
    expect(await start('ann', ofAnn[49]!)).toBe('created')
    const strings = (await log.connection.command('x', [
      'KEYS',
      `${names.refused.split('{')[0]}*:key`,
    ])) as unknown[]
    // And those of the start above, of Bob and of nobody.
    expect(strings).toHaveLength(MAX_REFUSED_KEYS_PER_OWNER + 3)
    await log.close()
  })

  test('leave nothing behind when their time is over', async () => {
    const { log, names } = logWith({ refusedTtlMs: 50 })
    for (let index = 0; index < 5; index++)
      await log.refuseKey({ owner: 'ann', stream: 'chat', key: newKey() })
    const prefix = names.refused.split('{')[0]
    await until(async () => {
      const keys = (await log.connection.command('x', ['KEYS', `${prefix}*`])) as string[]
      return keys.every((key) => key.includes('epoch'))
    })
    await log.close()
  })
})

describe('ended streams', () => {
  /** Ends a stream with a text of this number of bytes. */
  async function end(log: RedisLog, owner: string | undefined, bytes: number): Promise<string> {
    const creation = await log.create(record(owner))
    if (creation.outcome !== 'created') throw new Error(creation.outcome)
    const { writer } = creation
    writer.append(`{"type":"content_chunk","chunk_id":1,"content":"${'x'.repeat(bytes)}"}`)
    writer.end('{"type":"stream_complete","chunk_id":2}')
    await until(() => writer.ended)
    return writer.record.streamId
  }

  const idsOf = async (log: RedisLog, owner: string): Promise<string[]> =>
    (await log.list(owner)).map(({ record }) => record.streamId)

  test('of one owner take no more of Redis than they may: the oldest go, and nobody else’s', async () => {
    const { log } = logWith({ maxStreamBytes: 32 * KiB, maxBytes: 400 * KiB, maxBytesPerOwner: 100 * KiB })
    const ofBob = await end(log, 'bob', 20 * KiB)
    const ofNobody = await end(log, undefined, 20 * KiB)
    const ofAnn: string[] = []
    for (let index = 0; index < 10; index++) ofAnn.push(await end(log, 'ann', 20 * KiB))
    // Each counts its text and 6 KiB.
    await until(async () => (await idsOf(log, 'ann')).length === 3)
    expect(await idsOf(log, 'ann')).toEqual(ofAnn.slice(-3))
    expect(await idsOf(log, 'bob')).toEqual([ofBob])
    expect(await log.open(ofNobody)).toBeDefined()
    await log.close()
  })

  test('count for 6 KiB each, however small they are', async () => {
    const { log } = logWith({ maxStreamBytes: 4 * KiB, maxBytes: 256 * KiB, maxBytesPerOwner: 64 * KiB })
    for (let index = 0; index < 30; index++) await end(log, 'ann', 1)
    await until(async () => (await idsOf(log, 'ann')).length === 10)
    await log.close()
  })

  test('that are forgotten leave the account, and an account that was lost begins anew', async () => {
    const { log, names } = logWith({
      maxStreamBytes: 32 * KiB,
      maxBytes: 400 * KiB,
      maxBytesPerOwner: 64 * KiB,
    })
    const { ended, sizes } = names.endedOf('ann')
    const first = await end(log, 'ann', 20 * KiB)
    const second = await end(log, 'ann', 20 * KiB)
    await until(async () => (await count(log, ended)) === 2)
    await log.forget(first)
    expect(await count(log, ended)).toBe(1)
    await end(log, 'ann', 20 * KiB)
    await until(async () => (await count(log, ended)) === 2)
    expect(await idsOf(log, 'ann')).toContain(second)
    await log.connection.command(ended, ['DEL', ended])
    const last = [await end(log, 'ann', 20 * KiB), await end(log, 'ann', 20 * KiB)]
    await until(async () => (await count(log, ended)) === 2)
    expect(await idsOf(log, 'ann')).toEqual(expect.arrayContaining(last))
    await log.forget(last[0]!)
    await log.forget(last[1]!)
    expect(await log.connection.command(sizes, ['EXISTS', sizes])).toBe(0)
    await log.close()
  })
})

describe('running streams', () => {
  const MEMORY = { maxStreamBytes: 64 * KiB, maxBytes: 512 * KiB, maxBytesPerOwner: 128 * KiB }

  test('of one owner wait at its share, and others go on', async () => {
    const a = instance({ url: server.url, keyPrefix: `bounds-${++prefixes}:`, ...MEMORY })
    const words = 'x'.repeat(8 * KiB)
    const start = async (owner: string) => {
      const handle = await a.hub.start({ stream: 'chat', input: {}, owner })
      return { handle, attempt: await a.source.asked() }
    }
    // Nobody reads them: each may fill its own bound, and all together the share.
    const ofAnn = []
    for (let index = 0; index < 6; index++) ofAnn.push(await start('ann'))
    for (const { attempt } of ofAnn) attempt.push(...new Array(20).fill(words))
    await until(() => a.log.isFullFor('ann'))
    await expect(a.hub.start({ stream: 'chat', input: {}, owner: 'ann' })).rejects.toMatchObject({
      type: 'rate_limit',
      status: 429,
    })
    const { handle, attempt } = await start('bob')
    const sink = watching(handle)
    attempt.push('a', 'b', 'c')
    attempt.finish()
    await sink.ended
    expect(sink.text).toBe('abc')
    expect(a.log.memory.bytes).toBeLessThan(MEMORY.maxBytesPerOwner + 2 * MEMORY.maxStreamBytes)
    await a.hub.cancelAll('ann')
    await until(() => !a.log.isFullFor('ann'))
    await until(() => a.log.memory.owners === 0)
    await a.hub.close()
  })

  test('that are read elsewhere are kept there within the share, and read from Redis beyond it', async () => {
    const keyPrefix = `bounds-${++prefixes}:`
    const a = instance({ url: server.url, keyPrefix })
    const b = instance({ url: server.url, keyPrefix, ...MEMORY, maxBytesPerOwner: 64 * KiB })
    const words = 'x'.repeat(8 * KiB)
    const runs = []
    for (let index = 0; index < 5; index++) {
      const { record } = await a.hub.start({ stream: 'chat', input: {}, owner: 'ann' })
      const attempt = await a.source.asked()
      const sink = watching(await b.hub.find({ streamId: record.streamId, owner: 'ann' }))
      await sink.received(1)
      runs.push({ attempt, sink })
    }
    for (const { attempt } of runs) attempt.push(...new Array(12).fill(words))
    for (const { sink } of runs) await sink.received(13)
    expect(b.log.memory.bytes).toBeLessThan(128 * KiB)
    for (const { attempt } of runs) attempt.finish()
    for (const { sink } of runs) {
      await sink.ended
      expect(sink.text).toBe(words.repeat(12))
    }
    await until(() => b.log.memory.owners === 0)
    await Promise.all([a.hub.close(), b.hub.close()])
  })
})
