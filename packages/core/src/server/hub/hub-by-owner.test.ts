import { expect, test } from 'vitest'
import { z } from 'zod'
import { manualClock, recordingSink, scriptedSource, settle } from '../../testing/index.ts'
import { defineStream } from '../definition/define-stream.ts'
import { memoryLog } from '../log/memory-log.ts'
import { createHub } from './hub.ts'

function owned() {
  const clock = manualClock()
  const source = scriptedSource()
  const chat = defineStream({ input: z.unknown(), run: source.run })
  const log = memoryLog({ clock })
  const hub = createHub({ streams: { chat }, log, clock })
  const start = (owner: string, idempotencyKey?: string) =>
    hub.start({ stream: 'chat', input: 0, owner, idempotencyKey })
  return { hub, log, source, start }
}

test('an owner’s streams are listed, running and ended; nobody else’s are', async () => {
  const { hub, source, start } = owned()
  const running = await start('ann')
  await source.asked()
  const ended = await start('ann')
  ;(await source.asked()).finish()
  await start('bob')
  await settle()
  const listed = await hub.list('ann')
  expect(listed.map(({ streamId, ended }) => [streamId, ended])).toEqual([
    [running.record.streamId, false],
    [ended.record.streamId, true],
  ])
})

test('everything that an owner has running is stopped at once, at the provider too', async () => {
  const { hub, source, start } = owned()
  const handles = [await start('ann'), await start('ann')]
  const theirs = [await source.asked(), await source.asked()]
  await start('bob')
  const others = await source.asked()
  await hub.cancelAll('ann', 'signed out')
  await Promise.all(theirs.map(({ aborted }) => aborted))
  expect(handles.every(({ ended }) => ended)).toBe(true)
  expect(others.isAborted).toBe(false)
})

test('what is purged is gone: its events, its viewers, and its key', async () => {
  const { hub, log, source, start } = owned()
  const key = 'AAAAAAAAAAAAAAAAAAAAAAAA'
  const handle = await start('ann', key)
  const attempt = await source.asked()
  const slow = recordingSink()
  slow.room = 0
  slow.watch(handle)
  attempt.push('a')
  await attempt.taken()
  await settle()
  await hub.purge('ann')
  expect(await slow.ended).toBe('expired')
  expect(log.byteLength).toBe(0)
  expect(await hub.list('ann')).toEqual([])
  await expect(hub.find({ streamId: handle.record.streamId, owner: 'ann' })).rejects.toMatchObject({
    type: 'not_found',
  })
  const again = await start('ann', key)
  expect(again.record.streamId).not.toBe(handle.record.streamId)
})
