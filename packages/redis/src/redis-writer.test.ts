import { manualWheel, settle } from '@sluice/core/testing'
import { expect, test } from 'vitest'
import type { Connection } from './connection.ts'
import { Keys } from './keys.ts'
import { Linger } from './linger.ts'
import { RedisMeter } from './metrics.ts'
import { boundsOf } from './options.ts'
import { RedisWriter } from './redis-writer.ts'
import type { Script } from './script.ts'
import { APPEND, RENEW } from './writing-scripts.ts'

interface Asked {
  readonly script: Script
  readonly args: readonly string[]
  answer(reply: unknown): void
}

/** A writer on a Redis that a test plays: each event is an append of its own, and none waits for another. */
function writing() {
  const asked: Asked[] = []
  const run = (script: Script, _keys: readonly string[], args: readonly string[]): Promise<unknown> =>
    new Promise((answer) => asked.push({ script, args, answer }))
  const store = {
    instanceId: 'here',
    connection: { run, publishCommand: 'PUBLISH' } as unknown as Connection,
    keys: new Keys('test:'),
    bounds: boundsOf({ maxBatchBytes: 1 }),
    wheel: manualWheel(),
    linger: new Linger(0),
    meter: new RedisMeter(),
    full: false,
    account() {},
    stoodStillSince: () => false,
  }
  const record = { streamId: 's', stream: 'chat', owner: undefined, createdAt: 0, idempotency: undefined }
  const observer = { closed() {}, restored() {}, waitsForRoom() {} }
  return { asked, writer: new RedisWriter(store, record, 'token', observer) }
}

test('an append that overtook another is sent again once the other has its answer', async () => {
  const { asked, writer } = writing()
  for (const json of ['{"a":1}', '{"b":2}']) writer.append(json)
  await settle()
  expect(asked.map(({ script }) => script)).toEqual([APPEND, APPEND])
  asked[1]?.answer(['order', 0, ''])
  await settle()
  expect(asked).toHaveLength(2)
  asked[0]?.answer(['ok', 1, '', 0])
  await settle()
  expect(writer.last).toBe(1)
  expect(asked[2]?.script).toBe(RENEW)
  asked[2]?.answer(['ok', 1, '', 0])
  await settle()
  expect(asked[3]?.args.slice(1, 3)).toEqual(['2', '{"b":2}'])
  asked[3]?.answer(['ok', 2, '', 0])
  await settle()
  expect(writer.last).toBe(2)
})

test('nothing is shown before Redis has it', async () => {
  const { asked, writer } = writing()
  let told = 0
  writer.subscribe({ appended: () => told++, evicted() {} })
  writer.append('{"a":1}')
  await settle()
  expect([writer.last, writer.next, told]).toEqual([0, 2, 0])
  asked[0]?.answer(['ok', 1, '', 0])
  await settle()
  expect([writer.last, told]).toEqual([1, 1])
})

test('a cancel that comes with an answer is heard once', async () => {
  const { asked, writer } = writing()
  const reasons: string[] = []
  writer.onCancel = (reason) => reasons.push(reason)
  for (const json of ['{"a":1}', '{"b":2}']) writer.append(json)
  await settle()
  asked[0]?.answer(['ok', 1, 'enough', 0])
  asked[1]?.answer(['ok', 2, 'enough', 0])
  await settle()
  expect(reasons).toEqual(['enough'])
})
