import { expect, test } from 'vitest'
import { z } from 'zod'
import { manualWheel, recordingSink, scriptedSource, settle } from '../testing/index.ts'
import { defineStream } from './define-stream.ts'
import { createHub } from './hub.ts'
import { type MemoryLogOptions, memoryLog } from './memory-log.ts'

/** An answer that has ended, and a viewer that has not taken all of it yet. */
async function endedWithSlowReader(options: MemoryLogOptions = {}) {
  const wheel = manualWheel()
  const source = scriptedSource()
  const log = memoryLog({ ...options, wheel })
  const chat = defineStream({ input: z.unknown(), run: source.run })
  const hub = createHub({ streams: { chat }, log, wheel })
  const start = () => hub.start({ stream: 'chat', input: 0 })
  const sink = recordingSink()
  sink.room = 1
  sink.watch(await start())
  const attempt = await source.asked()
  await settle()
  attempt.push('all of it')
  attempt.finish()
  await settle()
  expect(sink.types).toEqual(['stream_start'])
  return { wheel, source, log, start, sink }
}

test('an ended stream that somebody still reads is not freed when memory is short', async () => {
  const { log, sink } = await endedWithSlowReader()
  log.evictEnded(0)
  sink.drain()
  expect(await sink.ended).toBe('ended')
  expect(sink.text).toBe('all of it')
  log.evictEnded(0)
  expect(log.size.streams).toBe(0)
})

test('nor does its age take it away', async () => {
  const { wheel, log, sink } = await endedWithSlowReader({ keepEndedMs: 1000 })
  wheel.advance(5000)
  sink.drain()
  expect(await sink.ended).toBe('ended')
  expect(sink.text).toBe('all of it')
  wheel.advance(1100)
  expect(log.size.streams).toBe(0)
})

test('the bound of all streams holds even so', async () => {
  const { source, log, start, sink } = await endedWithSlowReader({ maxStreamBytes: 8192, maxBytes: 8192 })
  recordingSink().watch(await start())
  const attempt = await source.asked()
  for (let index = 0; index < 100; index++) attempt.push('x'.repeat(500))
  await attempt.taken()
  expect(await sink.ended).toBe('expired')
  expect(log.byteLength).toBeLessThan(8192 * 2)
})
