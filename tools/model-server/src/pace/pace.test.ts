import { getEventListeners } from 'node:events'
import { afterEach, expect, test, vi } from 'vitest'
import { changed, defaultPace, type Pace, paced } from './pace.ts'
import { readPace } from './pace-schema.ts'

afterEach(() => vi.useRealTimers())

const never = new AbortController().signal
const pieces = (count: number) => Array.from({ length: count }, (_, index) => ({ tokens: 1, index }))
const steady: Pace = { ttftMs: 100, tokensPerSecond: 100, jitter: 0, seed: 1 }

/** Runs a pace on a fake clock; for each piece, how many milliseconds after the start it came. */
async function timesOf(pace: Pace, count: number): Promise<number[]> {
  vi.useFakeTimers()
  const start = performance.now()
  const times: number[] = []
  const run = async () => {
    for await (const batch of paced(pieces(count), pace, never)) {
      times.push(...batch.map(() => performance.now() - start))
    }
  }
  const done = run()
  await vi.runAllTimersAsync()
  await done
  vi.useRealTimers()
  return times
}

test('the first token comes after the time to first token, the others at their rate', async () => {
  expect(await timesOf(steady, 4)).toEqual([100, 110, 120, 130])
})

test('jitter moves the gaps but not the rate, and is the same for the same seed', async () => {
  const pace = { ...steady, jitter: 0.3 }
  const times = await timesOf(pace, 1000)
  const gaps = times.slice(1).map((time, index) => time - times[index]!)
  // Timers have whole milliseconds, so a gap may be one off.
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(6)
  expect(Math.max(...gaps)).toBeLessThanOrEqual(14)
  expect(new Set(gaps).size).toBeGreaterThan(5)
  expect(times.at(-1)).toBeGreaterThan(9_700)
  expect(times.at(-1)).toBeLessThan(10_500)
  expect(await timesOf(pace, 1000)).toEqual(times)
  expect(await timesOf({ ...pace, seed: 2 }, 1000)).not.toEqual(times)
})

test('a token that is several takes as long as several', async () => {
  vi.useFakeTimers()
  const start = performance.now()
  const times: number[] = []
  const run = async () => {
    for await (const _ of paced([{ tokens: 3 }, { tokens: 1 }], steady, never))
      times.push(performance.now() - start)
  }
  const done = run()
  await vi.runAllTimersAsync()
  await done
  expect(times).toEqual([100, 130])
})

test('what a late reader missed is handed on at once, without a timer for each', async () => {
  const timers = vi.spyOn(globalThis, 'setTimeout')
  const sizes: number[] = []
  for await (const batch of paced(pieces(200), { ...steady, ttftMs: 0, tokensPerSecond: 2000 }, never)) {
    sizes.push(batch.length)
    const busyUntil = performance.now() + 20
    while (performance.now() < busyUntil);
  }
  expect(sizes.reduce((sum, size) => sum + size)).toBe(200)
  expect(Math.max(...sizes)).toBeGreaterThanOrEqual(20)
  expect(timers.mock.calls.length).toBeLessThanOrEqual(sizes.length)
})

test('without a limit there is no timer, and batches stay small enough for others to get a turn', async () => {
  const timers = vi.spyOn(globalThis, 'setTimeout')
  const sizes: number[] = []
  const pace = { ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY, jitter: 0.3, seed: 1 }
  for await (const batch of paced(pieces(1000), pace, never)) sizes.push(batch.length)
  expect(sizes.reduce((sum, size) => sum + size)).toBe(1000)
  expect(Math.max(...sizes)).toBe(64)
  expect(timers).not.toHaveBeenCalled()
})

test('an abort ends a wait at once, and leaves no listener', async () => {
  const abort = new AbortController()
  const answer = paced(pieces(10), { ...steady, ttftMs: 60_000 }, abort.signal)
  const first = answer.next()
  expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1)
  abort.abort()
  expect(await first).toEqual({ done: true, value: undefined })
  expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0)
})

test('only the fields that are given change a pace', () => {
  expect(changed(defaultPace, { ttftMs: 0, seed: undefined })).toEqual({ ...defaultPace, ttftMs: 0 })
})

test.each([
  { ttftMs: -1 },
  { tokensPerSecond: 0 },
  { tokensPerSecond: Number.NaN },
  { jitter: 1.5 },
  { seed: 0.5 },
])('%o makes no sense', (pace) => {
  expect(() => readPace(pace)).toThrow(RangeError)
  expect(() => readPace(pace)).toThrow(Object.keys(pace)[0])
})

test('a rate may be infinite, as a number and as text', () => {
  expect(readPace({ tokensPerSecond: Number.POSITIVE_INFINITY }).tokensPerSecond).toBe(
    Number.POSITIVE_INFINITY,
  )
})
