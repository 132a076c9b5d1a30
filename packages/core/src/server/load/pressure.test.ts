import { expect, test } from 'vitest'
import { z } from 'zod'
import { manualClock, recordingSink, scriptedSource, settle } from '../../testing/index.ts'
import { defineStream } from '../definition/define-stream.ts'
import { createHub } from '../hub/hub.ts'
import { memoryLog } from '../log/memory-log.ts'
import type { PressureSample } from './pressure.ts'

const calm: PressureSample = { memory: 0.1, eventLoopDelayMs: 1 }
const high: PressureSample = { memory: 0.9, eventLoopDelayMs: 1 }
const critical: PressureSample = { memory: 0.99, eventLoopDelayMs: 1 }

function underPressure() {
  const clock = manualClock()
  const source = scriptedSource()
  const log = memoryLog({ clock })
  const state = { sample: calm }
  const chat = defineStream({ input: z.unknown(), run: source.run })
  const hub = createHub({ streams: { chat }, log, clock, pressure: { sample: () => state.sample } })
  const start = () => hub.start({ stream: 'chat', input: 0 })
  return { clock, source, log, hub, start, state }
}

test('one bad sample is noise; three in a row refuse starts, and one good one lets them in again', async () => {
  const { clock, start, state } = underPressure()
  await start()
  state.sample = high
  clock.advance(2000)
  await expect(start()).resolves.toBeDefined()
  clock.advance(1000)
  await expect(start()).rejects.toMatchObject({ type: 'capacity', recoverable: true, retryAfterMs: 1000 })
  state.sample = calm
  clock.advance(1000)
  await expect(start()).resolves.toBeDefined()
})

test('a late event loop refuses starts too', async () => {
  const { clock, start, state } = underPressure()
  await start()
  state.sample = { memory: 0.1, eventLoopDelayMs: 400 }
  clock.advance(3000)
  await expect(start()).rejects.toMatchObject({ type: 'capacity' })
})

test('runs that nobody watches wait until it is over; watched ones go on', async () => {
  const { clock, start, state, source } = underPressure()
  await start()
  const unwatched = await source.asked()
  const watchedHandle = await start()
  const watched = await source.asked()
  const sink = recordingSink()
  sink.watch(watchedHandle)
  state.sample = high
  clock.advance(3000)
  unwatched.push('a', 'b', 'c')
  watched.push('a', 'b', 'c')
  await watched.taken()
  await settle()
  expect(sink.text).toBe('abc')
  const taken = unwatched.taken()
  await expect(Promise.race([taken, settle().then(() => 'waits')])).resolves.toBe('waits')
  state.sample = calm
  clock.advance(1000)
  await taken
})

/** One stream runs, so that there is something to watch for; another has just ended. */
async function withOneEnded() {
  const pressed = underPressure()
  const { start, source, log } = pressed
  await start()
  await source.asked()
  await start()
  ;(await source.asked()).finish()
  await settle()
  expect(log.size).toEqual({ streams: 2, ended: 1 })
  return pressed
}

test('a late event loop frees nothing: a viewer that was cut off still finds an answer that has ended', async () => {
  const { clock, state, log } = await withOneEnded()
  state.sample = { memory: 0.1, eventLoopDelayMs: 400 }
  clock.advance(200_000)
  expect(log.size.streams).toBe(2)
})

test('short of memory, an ended stream is freed once nobody has read it for a minute', async () => {
  const { clock, state, log } = await withOneEnded()
  state.sample = high
  clock.advance(59_000)
  expect(log.size).toEqual({ streams: 2, ended: 1 })
  clock.advance(1000)
  expect(log.size).toEqual({ streams: 1, ended: 0 })
})

test('when memory is nearly gone, ended streams are freed at once', async () => {
  const { clock, state, log } = await withOneEnded()
  state.sample = critical
  clock.advance(3000)
  expect(log.size).toEqual({ streams: 1, ended: 0 })
})

test('when memory is nearly gone, a tenth of the viewers goes, those with most unsent; the next tenth 10 s later', async () => {
  const { clock, start, state, source } = underPressure()
  const handle = await start()
  ;(await source.asked()).push('a')
  const sinks = Array.from({ length: 20 }, (_, index) => {
    const sink = recordingSink()
    handle.attach({
      after: 0,
      framing: () => new Uint8Array(),
      sink: {
        write: () => true,
        unsentBytes: () => index * 100,
        end: (reason) => sink.end(reason),
      },
    })
    return sink
  })
  await settle()
  const gone = (): number[] => sinks.flatMap(({ reason }, index) => (reason === 'pressure' ? [index] : []))
  state.sample = critical
  clock.advance(3000)
  expect(gone()).toEqual([18, 19])
  clock.advance(9000)
  expect(gone()).toEqual([18, 19])
  clock.advance(1000)
  expect(gone()).toEqual([16, 17, 18, 19])
})

test('nothing is watched if nothing is left to do', async () => {
  const { clock, start, source, hub } = underPressure()
  await start()
  ;(await source.asked()).finish()
  await settle()
  clock.advance(1000)
  await hub.close()
  expect(clock.size).toBe(0)
})
