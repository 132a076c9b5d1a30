import type { LogProducer } from '@sluice/core/server'
import { manualClock, settle } from '@sluice/core/testing'
import { expect, test } from 'vitest'
import type { CommandArgument } from '../connection/clients.ts'
import type { Connection } from '../connection/connection.ts'
import { Keys } from '../find/keys.ts'
import type { LogContext } from '../log-context.ts'
import { RedisMeter } from '../metrics.ts'
import { boundsOf, memoryOf } from '../options.ts'
import type { Script } from '../scripts/script.ts'
import { APPEND, RENEW } from '../scripts/writing.ts'
import { Appends } from './appends.ts'
import { GatherTimer } from './gather-timer.ts'
import { RedisWriter } from './redis-writer.ts'

interface Asked {
  readonly script: Script
  readonly args: readonly CommandArgument[]
  answer(reply: unknown): void
}

const silent: LogProducer = { cancel() {}, progressed() {}, fail() {} }

function event(chunkId: number, content = ''): string {
  return JSON.stringify({ type: 'content_chunk', chunk_id: chunkId, content })
}

/** A writer on a Redis that a test plays: what is appended in a turn is a command, and none waits for another. */
function writing() {
  const asked: Asked[] = []
  const run = (
    script: Script,
    _keys: readonly string[],
    args: readonly CommandArgument[],
  ): Promise<unknown> => new Promise((answer) => asked.push({ script, args, answer }))
  const said: string[] = []
  const publish = async (_channel: string, message: string) => said.push(message)
  const clock = manualClock()
  const context: LogContext = {
    instanceId: 'here',
    connection: { run, publish, publishCommand: 'PUBLISH', isSharded: false } as unknown as Connection,
    get appends() {
      return appends
    },
    keys: new Keys('test:'),
    bounds: boundsOf({ maxBatchBytes: 1 }),
    clock,
    gatherTimer: new GatherTimer(0),
    meter: new RedisMeter(),
    memory: memoryOf({}),
    stoodStillSince: () => false,
  }
  const appends = new Appends(context)
  const record = { streamId: 's', stream: 'chat', owner: undefined, createdAt: 0, idempotency: undefined }
  const observer = { closed() {}, keep() {}, async restoring() {}, restored() {} }
  const [writer, other] = ['s', 't'].map(
    (streamId) => new RedisWriter(context, { ...record, streamId }, 'token', observer),
  ) as [RedisWriter, RedisWriter]
  return { asked, said, clock, writer, other }
}

test('an append that overtook another is sent again once the other has its answer', async () => {
  const { asked, writer } = writing()
  for (const json of [event(1), event(2)]) {
    writer.append(json)
    await settle()
  }
  expect(asked.map(({ script }) => script)).toEqual([APPEND, APPEND])
  asked[1]?.answer([['order', 0, '']])
  await settle()
  expect(asked).toHaveLength(2)
  asked[0]?.answer([1])
  await settle()
  expect(writer.last).toBe(1)
  expect(asked[2]?.script).toBe(RENEW)
  asked[2]?.answer(['ok', 1, '', 0])
  await settle()
  expect([asked[3]?.args[6], asked[3]?.args.at(-1)]).toEqual(['2', event(2)])
  asked[3]?.answer([2])
  await settle()
  expect(writer.last).toBe(2)
})

test('nothing is shown before Redis has it', async () => {
  const { asked, writer } = writing()
  let told = 0
  writer.subscribe({ appended: () => told++, evicted() {} })
  writer.append(event(1))
  await settle()
  expect([writer.last, writer.next, told]).toEqual([0, 2, 0])
  asked[0]?.answer([1])
  await settle()
  expect([writer.last, told]).toEqual([1, 1])
})

test('a cancel that comes with an answer is heard once', async () => {
  const { asked, writer } = writing()
  const reasons: string[] = []
  writer.setProducer({ ...silent, cancel: (reason) => reasons.push(reason) })
  for (const json of [event(1), event(2)]) {
    writer.append(json)
    await settle()
  }
  asked[0]?.answer([['ok', 1, 'enough']])
  asked[1]?.answer([['ok', 2, 'enough']])
  await settle()
  expect(reasons).toEqual(['enough'])
})

test('a cancel that comes before there is a run is heard by the run', async () => {
  const { writer } = writing()
  writer.cancel('enough')
  const reasons: string[] = []
  writer.setProducer({ ...silent, cancel: (reason) => reasons.push(reason) })
  expect(reasons).toEqual([])
  await settle()
  expect(reasons).toEqual(['enough'])
})

test('a producer that waits asks viewers elsewhere for their positions, as long as it hears nothing new', async () => {
  const { asked, said, writer, clock } = writing()
  let room = 0
  writer.setProducer({ ...silent, progressed: () => room++ })
  writer.elsewhere.ask()
  await clock.pass(1000)
  expect(said).toEqual([])
  const hear = async (size: number, furthest: number) => {
    writer.renew(0)
    asked.at(-1)?.answer(['ok', 0, '', size, furthest])
    await settle()
  }
  await hear(2, 7)
  expect([writer.elsewhere.size, writer.elsewhere.furthest, room]).toEqual([2, 7, 1])
  await hear(2, 7)
  expect(room).toBe(1)
  for (const _ of 'twice') writer.elsewhere.ask()
  await clock.pass(1000)
  expect(said).toEqual(['?'])
  await hear(2, 7)
  expect(room).toBe(2)
})

test('if one stream of a command fails, the others are appended', async () => {
  const { asked, writer, other } = writing()
  writer.append(event(1))
  other.append(event(1))
  await settle()
  expect(asked).toHaveLength(1)
  asked[0]?.answer([['failed'], 1])
  await settle()
  expect([writer.last, other.last]).toEqual([0, 1])
  expect(asked[1]?.script).toBe(RENEW)
})
