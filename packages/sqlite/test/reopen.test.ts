import { join } from 'node:path'
import type { Restarter, RestartPlan } from '@sluice/core/server'
import { expect, test, vi } from 'vitest'
import { type SqliteLogOptions, sqliteLog } from '../src/index.ts'
import { testFolder } from './support/files.ts'
import { createIn, eventsOf, finish, newRecord, say, seen } from './support/streams.ts'

const folder = testFolder()
let files = 0

/** A file that logs open one after another, as processes do. */
function file(options: Partial<SqliteLogOptions> = {}) {
  const path = join(folder, `${++files}.db`)
  return { path, open: () => sqliteLog({ path, ...options }) }
}

const plan: RestartPlan = { input: '{"input":"hi"}', restarts: 0, maxRestarts: 2, checkpoint: undefined }

test('an ended stream is there after a restart, with its key, its owner and its thread', async () => {
  const { open } = file()
  const record = newRecord({
    owner: 'ada',
    thread: 'trip',
    scope: 'room 1',
    idempotency: { key: 'k'.repeat(22), inputHash: 'h' },
  })
  let log = open()
  const writer = await createIn(log, record)
  await say(writer, 'Grüße 👋\u2028')
  await finish(writer)
  await log.close()

  log = open()
  const reader = log.open(record.streamId)!
  expect([reader.record, reader.first, reader.last, reader.ended]).toEqual([record, 1, 2, true])
  expect(await eventsOf(reader)).toMatchObject([{ content: 'Grüße 👋\u2028' }, { type: 'stream_cancelled' }])
  expect(log.openByKey({ owner: 'ada', stream: 'chat', key: 'k'.repeat(22) })?.record).toEqual(record)
  expect((await log.list('ada')).map(({ record }) => record.streamId)).toEqual([record.streamId])
  expect(await log.listThread({ owner: 'ada', thread: 'trip' })).toHaveLength(1)
  const again = await log.create(newRecord({ ...record, streamId: 'x'.repeat(22) }))
  expect(again).toMatchObject({ outcome: 'exists' })
  await log.close()
})

test('a key that was refused is refused after a restart, for its time', async () => {
  const { open } = file({ refusedTtlMs: 60_000 })
  const idempotency = { key: 'k'.repeat(22), inputHash: 'h' }
  let log = open()
  await log.refuseKey({ owner: undefined, stream: 'chat', key: idempotency.key })
  await log.close()
  log = open()
  expect((await log.create(newRecord({ idempotency }))).outcome).toBe('cancelled')
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 })
  const { outcome } = await log.create(newRecord({ idempotency }))
  expect(outcome).toBe('created')
  vi.useRealTimers()
  await log.close()
})

test('a stream that ran ends with producer_lost, after everything that was written', async () => {
  const { open } = file()
  let log = open()
  const said = await createIn(log)
  await say(said, 'half')
  const silent = await createIn(log)
  await log.close()

  log = open()
  const reader = log.open(said.record.streamId)!
  await seen(reader, 2)
  expect(await eventsOf(reader)).toMatchObject([
    { content: 'half', chunk_id: 1 },
    { type: 'stream_error', chunk_id: 2, error_type: 'producer_lost' },
  ])
  const never = log.open(silent.record.streamId)!
  await seen(never, 2)
  expect(await eventsOf(never)).toMatchObject([
    { type: 'stream_start', stream_id: silent.record.streamId },
    { type: 'stream_error', error_type: 'producer_lost' },
  ])
  await log.close()
})

test('events that are written over several lines are one event each', async () => {
  const { open } = file()
  let log = open()
  const writer = await createIn(log)
  writer.append('{"type":"content_chunk","chunk_id":1,\n  "content":"a"}')
  writer.end('{"type":"stream_cancelled","chunk_id":2,\n\n  "reason":"b"}')
  await seen(writer, 2)
  await log.close()
  log = open()
  expect(await eventsOf(log.open(writer.record.streamId)!)).toMatchObject([{ content: 'a' }, { reason: 'b' }])
  await log.close()
})

test('text goes on in the same places over many restarts: journal and pages are one log', async () => {
  const { open } = file()
  const record = newRecord()
  let log = open()
  const writer = await createIn(log, record)
  for (let n = 1; n <= 40; n++) await say(writer, `${n} ${'x'.repeat(2000)}`)
  await log.close()
  log = open()
  const reader = log.open(record.streamId)!
  await seen(reader, 41)
  const events = await eventsOf(reader)
  expect(events.map(({ chunk_id }) => chunk_id)).toEqual(Array.from({ length: 41 }, (_, index) => index + 1))
  await log.close()
  log = open()
  expect(await eventsOf(log.open(record.streamId)!)).toEqual(events)
  await log.close()
})

interface Restarted {
  readonly streamId: string
  readonly plan: RestartPlan
}

function restarterInto(restarted: Restarted[], accepts = true): Restarter {
  return {
    accepts: () => accepts,
    restart: ({ record }, plan) => void restarted.push({ streamId: record.streamId, plan }),
  }
}

test('a stream with a plan begins anew in its place: its key and its thread lead to the new one', async () => {
  const { open } = file()
  const record = newRecord({
    owner: 'ada',
    thread: 'trip',
    idempotency: { key: 'k'.repeat(22), inputHash: 'h' },
  })
  let log = open()
  const writer = await createIn(log, record, plan)
  await say(writer, 'half')
  writer.saveCheckpoint?.('after half')
  await say(writer, 'more')
  await log.close()

  log = open()
  const restarted: Restarted[] = []
  log.restartWith(restarterInto(restarted))
  const old = log.open(record.streamId)!
  await seen(old, 3)
  expect(restarted).toEqual([
    { streamId: expect.any(String), plan: { ...plan, restarts: 1, checkpoint: 'after half' } },
  ])
  const { streamId } = restarted[0]!
  expect((await eventsOf(old)).at(-1)).toMatchObject({
    error_type: 'producer_lost',
    context: { restarted_as: streamId },
  })
  const byKey = log.openByKey({ owner: 'ada', stream: 'chat', key: 'k'.repeat(22) })
  expect(byKey?.record.streamId).toBe(streamId)
  expect(await log.listThread({ owner: 'ada', thread: 'trip' })).toHaveLength(2)

  const reason = new Promise<string>((resolve) => {
    const successor = log.open(streamId) as import('@sluice/core/server').LogWriter
    successor.setProducer({ cancel: resolve, progressed() {}, fail() {} })
  })
  log.requestCancel(record.streamId, 'not wanted')
  expect(await reason).toBe('not wanted')
  await log.close()
})

test('after its last restart a stream ends', async () => {
  const { open } = file()
  let log = open()
  const { record } = await createIn(log, newRecord(), { ...plan, restarts: 2 })
  await log.close()
  log = open()
  const restarted: Restarted[] = []
  log.restartWith(restarterInto(restarted))
  const old = log.open(record.streamId)!
  await seen(old, 2)
  expect(restarted).toEqual([])
  await log.close()
})

test('a Stop between two processes is heard before anything begins anew', async () => {
  const { open } = file()
  let log = open()
  const { record } = await createIn(log, newRecord(), plan)
  await log.close()
  log = open()
  log.requestCancel(record.streamId, 'not wanted')
  const restarted: Restarted[] = []
  log.restartWith(restarterInto(restarted))
  const old = log.open(record.streamId)!
  await seen(old, 2)
  expect((await eventsOf(old)).at(-1)).toMatchObject({ type: 'stream_cancelled', reason: 'not wanted' })
  expect(restarted).toEqual([])
  await log.close()
})

test('the input of a stream that has ended is not kept', async () => {
  const { open, path } = file()
  const log = open()
  const writer = await createIn(log, newRecord(), { ...plan, input: '{"input":"a secret question"}' })
  await finish(writer)
  await log.close()
  const { DatabaseSync } = await import('node:sqlite')
  const database = new DatabaseSync(path)
  expect(database.prepare('SELECT plan, checkpoint FROM streams').all()).toEqual([
    { plan: null, checkpoint: null },
  ])
  database.close()
})
