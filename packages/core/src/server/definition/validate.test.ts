import { expect, test } from 'vitest'
import { z } from 'zod'
import { manualClock, scriptedSource, settle } from '../../testing/index.ts'
import { createHub } from '../hub/hub.ts'
import { memoryLog } from '../log/memory-log.ts'
import { defineStream, type StreamDefinition } from './define-stream.ts'

test.each<[Partial<StreamDefinition>, RegExp]>([
  [{ timeouts: { chunkMs: 0 } }, /timeouts\.chunkMs of 'chat' .*at least 1, and is 0/],
  [{ timeouts: { totalMs: Number.NaN } }, /timeouts\.totalMs .*NaN/],
  [{ leadChunks: 0 }, /leadChunks/],
  [{ maxEventBytes: 10 }, /maxEventBytes .*at least 128/],
  [{ coalesce: { maxBytes: 0 } }, /coalesce\.maxBytes/],
  [{ whenUnwatched: { cancelAfterMs: -1 } }, /whenUnwatched\.cancelAfterMs/],
  [{ input: undefined } as never, /input of 'chat' has to be a schema/],
  [{ input: { type: 'object' } } as never, /input of 'chat' has to be a schema/],
  [{ run: 'words' } as never, /run of 'chat' has to be a function/],
])('a definition that nothing could come of is refused at start: %o', (options, names) => {
  const chat = { ...defineStream({ input: z.unknown(), run: async function* () {} }), ...options }
  expect(() => createHub({ streams: { chat }, log: memoryLog() })).toThrow(names)
})

test('close waits for onEnd, but not for ever', async () => {
  const clock = manualClock()
  const source = scriptedSource()
  const saves: PromiseWithResolvers<void>[] = []
  const chat = defineStream({
    input: z.unknown(),
    run: source.run,
    onEnd: () => {
      const save = Promise.withResolvers<void>()
      saves.push(save)
      return save.promise
    },
  })
  const closed: string[] = []
  for (const name of ['saved', 'hangs']) {
    const hub = createHub({ streams: { chat }, log: memoryLog({ clock }), clock })
    await hub.start({ stream: 'chat', input: 0 })
    ;(await source.asked()).finish()
    await settle()
    void hub.close().then(() => closed.push(name))
  }
  await settle()
  expect(closed).toEqual([])
  saves[0]?.resolve()
  await settle()
  expect(closed).toEqual(['saved'])
  await clock.pass(1100)
  expect(closed).toEqual(['saved', 'hangs'])
})
