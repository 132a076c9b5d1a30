import { expect, test } from 'vitest'
import { z } from 'zod'
import { manualClock, recordingSink, scriptedSource, settle } from '../../testing/index.ts'
import { defineStream } from '../definition/define-stream.ts'
import { createHub } from '../hub/hub.ts'
import { type MemoryLogOptions, memoryLog } from './memory-log.ts'

/** An answer that has ended, and a viewer that has not taken all of it yet. */
async function endedWithSlowReader(options: MemoryLogOptions = {}) {
  const clock = manualClock()
  const source = scriptedSource()
  const log = memoryLog({ ...options, clock })
  const chat = defineStream({ input: z.unknown(), run: source.run })
  const hub = createHub({ streams: { chat }, log, clock })
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
  return { clock, source, log, start, sink }
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
  const { clock, log, sink } = await endedWithSlowReader({ keepEndedMs: 1000 })
  clock.advance(5000)
  sink.drain()
  expect(await sink.ended).toBe('ended')
  expect(sink.text).toBe('all of it')
  clock.advance(1100)
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
