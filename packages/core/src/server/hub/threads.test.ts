import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { randomKey } from '../../../test/fixtures.ts'
import { manualClock, type ScriptedSource, scriptedSource, settle } from '../../testing/index.ts'
import { defineStream } from '../definition/define-stream.ts'
import { memoryLog } from '../log/memory-log.ts'
import { createHub } from './hub.ts'

const KEEP_ENDED_MS = 1000

function newHub() {
  const clock = manualClock()
  const sources = { chat: scriptedSource(), title: scriptedSource() }
  const define = (source: ScriptedSource) => defineStream({ input: z.unknown(), run: source.run })
  const log = memoryLog({ clock, keepEndedMs: KEEP_ENDED_MS })
  const streams = { chat: define(sources.chat), title: define(sources.title) }
  const hub = createHub({ streams, log, clock })
  const start = (thread: string | undefined, stream: 'chat' | 'title' = 'chat', owner = 'ada') =>
    hub.start({ stream, input: 0, owner, thread })
  const finish = async (stream: 'chat' | 'title' = 'chat') => {
    const attempt = await sources[stream].asked()
    attempt.finish()
    await settle()
  }
  const latest = async (thread: string, stream = 'chat', owner = 'ada') =>
    (await hub.latest({ stream, owner, thread }))?.record.streamId
  return { clock, hub, log, start, finish, latest }
}

describe('hub.latest', () => {
  test('finds the newest stream that runs, before any that has ended', async () => {
    const { hub, start, finish, latest } = newHub()
    expect(await latest('trip')).toBeUndefined()
    const first = await start('trip')
    const second = await start('trip')
    expect(await latest('trip')).toBe(second.record.streamId)
    await hub.cancel({ streamId: second.record.streamId, owner: 'ada' })
    await settle()
    expect(await latest('trip')).toBe(first.record.streamId)
    await finish()
    expect(await latest('trip')).toBe(second.record.streamId)
    expect((await hub.latest({ stream: 'chat', owner: 'ada', thread: 'trip' }))?.ended).toBe(true)
  })

  test('looks in one thread of one owner and one definition', async () => {
    const { start, latest } = newHub()
    const chat = await start('trip')
    const title = await start('trip', 'title')
    const bobs = await start('trip', 'chat', 'bob')
    await start('work')
    await start(undefined)
    expect(await latest('trip')).toBe(chat.record.streamId)
    expect(await latest('trip', 'title')).toBe(title.record.streamId)
    expect(await latest('trip', 'chat', 'bob')).toBe(bobs.record.streamId)
    expect(await latest('trip', 'chat', 'eve')).toBeUndefined()
  })

  test('answers as if there were none, if authorize refuses', async () => {
    const { hub, start } = newHub()
    await start('trip')
    const request = { stream: 'chat', owner: 'ada', thread: 'trip', authorize: () => false }
    expect(await hub.latest(request)).toBeUndefined()
  })

  test('finds nothing any more when the log has let the streams go', async () => {
    const { clock, hub, start, finish, latest } = newHub()
    await start('trip')
    await finish()
    expect(await latest('trip')).toBeDefined()
    await clock.pass(KEEP_ENDED_MS * 2)
    expect(await latest('trip')).toBeUndefined()
    expect(await hub.list({ owner: 'ada', thread: 'trip' })).toEqual([])
  })

  test('refuses a definition that is not there', async () => {
    const { hub } = newHub()
    await expect(hub.latest({ stream: 'chatt', thread: 'trip' })).rejects.toMatchObject({ type: 'not_found' })
  })
})

test('hub.list gives the streams of an owner, or those of one thread', async () => {
  const { hub, start, finish } = newHub()
  const [trip, work] = [await start('trip'), await start('work')]
  await finish()
  const ids = async (of: Parameters<typeof hub.list>[0]) =>
    (await hub.list(of)).map(({ streamId, thread, ended }) => [streamId, thread, ended])
  const [first, second] = [
    [trip.record.streamId, 'trip', true],
    [work.record.streamId, 'work', false],
  ]
  expect(await ids('ada')).toEqual([first, second])
  expect(await ids({ owner: 'ada', thread: 'trip' })).toEqual([first])
  expect(await ids({ owner: 'bob', thread: 'trip' })).toEqual([])
})

test('a repeated start finds its stream in its thread, and is refused in another', async () => {
  const { hub } = newHub()
  const idempotencyKey = randomKey()
  const start = (thread?: string) =>
    hub.start({ stream: 'chat', input: 0, owner: 'ada', idempotencyKey, thread })
  const { record } = await start('trip')
  expect((await start('trip')).record.streamId).toBe(record.streamId)
  for (const other of ['work', undefined]) {
    await expect(start(other)).rejects.toMatchObject({ type: 'conflict', status: 422 })
  }
})

test.each(['', ' ', 'a b', 'ä', 'x'.repeat(129), '\n', 7 as unknown as string])(
  'a thread id of %j is refused, and named',
  async (thread) => {
    const { hub } = newHub()
    const refusal = {
      type: 'invalid_request',
      message: expect.stringMatching(/^thread: has to be 1 to 128 printable ASCII/),
      issues: [{ path: ['thread'] }],
    }
    await expect(hub.start({ stream: 'chat', input: 0, thread })).rejects.toMatchObject(refusal)
    await expect(hub.latest({ stream: 'chat', thread })).rejects.toMatchObject(refusal)
    await expect(hub.list({ owner: undefined, thread })).rejects.toMatchObject(refusal)
  },
)

test.each(['a', 'x'.repeat(128), '0198c-7f:user/12?#"\\'])('a thread id of %j is taken', async (thread) => {
  const { start, latest } = newHub()
  const { record } = await start(thread)
  expect(record.thread).toBe(thread)
  expect(await latest(thread)).toBe(record.streamId)
})
