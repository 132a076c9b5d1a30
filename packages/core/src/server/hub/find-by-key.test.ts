import { expect, test } from 'vitest'
import { z } from 'zod'
import { randomKey } from '../../../test/fixtures.ts'
import { manualClock, scriptedSource } from '../../testing/index.ts'
import { defineStream } from '../definition/define-stream.ts'
import { memoryLog } from '../log/memory-log.ts'
import { createHub } from './hub.ts'

function newHub() {
  const clock = manualClock()
  const chat = defineStream({ input: z.unknown(), run: scriptedSource().run })
  return createHub({ streams: { chat, title: chat }, log: memoryLog({ clock }), clock })
}

test('hub.findByKey finds what the start with a key began, for its owner and its definition', async () => {
  const hub = newHub()
  const idempotencyKey = randomKey()
  const asked = { stream: 'chat', owner: 'ada', idempotencyKey }
  expect(await hub.findByKey(asked)).toBeUndefined()
  const started = await hub.start({ ...asked, input: 0 })
  expect((await hub.findByKey(asked))?.record.streamId).toBe(started.record.streamId)
  expect(await hub.findByKey({ ...asked, owner: 'bob' })).toBeUndefined()
  expect(await hub.findByKey({ ...asked, scope: 'tenant 2' })).toBeUndefined()
  expect(await hub.findByKey({ ...asked, stream: 'title' })).toBeUndefined()
  expect(await hub.findByKey({ ...asked, authorize: () => false })).toBeUndefined()
  await expect(hub.findByKey({ ...asked, idempotencyKey: 'short' })).rejects.toThrow(
    /Idempotency-Key: has to be/,
  )
  await expect(hub.findByKey({ ...asked, stream: 'none' })).rejects.toThrow(/There is no stream named 'none'/)
})
