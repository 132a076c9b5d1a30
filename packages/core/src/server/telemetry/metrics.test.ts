import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { expect, onTestFinished, test, vi } from 'vitest'
import { z } from 'zod'
import { StreamingError } from '../../errors.ts'
import { manualClock, recordingSink, scriptedSource, settle } from '../../testing/index.ts'
import { defineStream } from '../definition/define-stream.ts'
import { createHub } from '../hub/hub.ts'
import { memoryLog } from '../log/memory-log.ts'
import { silentLogger } from './logger.ts'
import { metricsLogger } from './metrics-logger.ts'

function measured() {
  const clock = manualClock()
  const source = scriptedSource()
  const chat = defineStream({ input: z.unknown(), run: source.run, retry: { baseMs: 0 } })
  const hub = createHub({ streams: { chat }, log: memoryLog({ clock }), clock })
  return { clock, source, hub, start: () => hub.start({ stream: 'chat', input: 0 }) }
}

test('the metrics of a hub say what it has done and does', async () => {
  const { clock, source, hub, start } = measured()
  const first = await start()
  const sink = recordingSink()
  sink.watch(first)
  const other = recordingSink()
  other.watch(first)
  const attempt = await source.asked()
  await settle()
  clock.advance(300)
  attempt.push('a')
  await attempt.taken()
  clock.advance(40)
  attempt.push('é')
  await attempt.taken()
  other.viewer.detach()
  attempt.finish()
  await settle()

  await start()
  ;(await source.asked()).fail(new StreamingError('rate_limit'))
  await settle()
  clock.advance(100)
  ;(await source.asked()).fail(new StreamingError('quota_exceeded'))
  await settle()
  const cancelled = await start()
  await hub.cancel({ streamId: cancelled.record.streamId })
  await start()

  const metrics = hub.metrics()
  const bytes = Buffer.byteLength(sink.json.slice(1, 3).join(''))
  expect(metrics).toMatchObject({
    streams: { started: 4, active: 1, peak: 1, completed: 1, failed: 1, cancelled: 1 },
    viewers: { attached: 2, active: 0, peak: 2, detached: { left: 1, ended: 1 } },
    chunks: 2,
    bytes,
    meanChunkBytes: bytes / 2,
    errors: { quota_exceeded: 1 },
    retries: 1,
    pauses: 0,
    ttftMs: { count: 1, sum: 300 },
    betweenPartsMs: { count: 1, sum: 40 },
  })
  expect(metrics.logBytes).toBeGreaterThan(bytes)
})

test('they go to a logger each minute, until that is stopped', async () => {
  const { clock, hub } = measured()
  const info = vi.fn()
  const stop = metricsLogger(hub, { ...silentLogger, info })
  clock.advance(120_000)
  expect(info).toHaveBeenCalledTimes(2)
  expect(info).toHaveBeenCalledWith({ sluice: expect.objectContaining({ chunks: 0 }) }, 'sluice metrics')
  stop()
  clock.advance(120_000)
  expect(info).toHaveBeenCalledTimes(2)
  expect(clock.size).toBe(0)
})

test('what happens is published, with the record of the stream', async () => {
  const seen: string[] = []
  const names = ['stream:start', 'stream:retry', 'stream:end', 'viewer:attach', 'viewer:detach'].map(
    (name) => `sluice:${name}`,
  )
  const listen = (message: unknown, name: string | symbol): void => {
    seen.push(`${String(name)} ${(message as { record: { stream: string } }).record.stream}`)
  }
  for (const name of names) subscribe(name, listen)
  onTestFinished(() => {
    for (const name of names) unsubscribe(name, listen)
  })
  const { clock, source, start } = measured()
  recordingSink().watch(await start())
  ;(await source.asked()).fail(new StreamingError('api_error'))
  await settle()
  clock.advance(100)
  ;(await source.asked()).finish()
  await settle()
  expect(seen).toEqual([
    'sluice:stream:start chat',
    'sluice:viewer:attach chat',
    'sluice:stream:retry chat',
    'sluice:stream:end chat',
    'sluice:viewer:detach chat',
  ])
})
