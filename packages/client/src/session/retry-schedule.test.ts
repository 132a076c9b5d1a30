import { StreamingError } from '@sluice/core'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Waiting } from '../snapshot.ts'
import { RetrySchedule } from './retry-schedule.ts'

const lost = () => new StreamingError('connection_lost')
const never = new AbortController().signal

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

/** Waits through it; what was waited for. */
async function pass(retries: RetrySchedule, error: unknown = lost()): Promise<Waiting | undefined> {
  let waiting: Waiting | undefined
  const wait = retries.wait(error, never, (what) => {
    waiting = what
  })
  const settled = wait.catch(() => {})
  await vi.runAllTimersAsync()
  await settled
  await wait
  return waiting
}

test('waits grow, with jitter, up to the cap', async () => {
  const retries = new RetrySchedule({ baseMs: 100, capMs: 400 })
  const waits = []
  for (let count = 0; count < 5; count += 1) waits.push(await pass(retries))
  expect(waits.map((waiting) => (waiting?.for === 'retry' ? waiting.delayMs : null))).toEqual([
    50, 100, 200, 200, 200,
  ])
})

test('what the server asked for is a minimum', async () => {
  const retries = new RetrySchedule({ baseMs: 100 })
  const busy = new StreamingError('capacity', undefined, { retryAfterMs: 2_000 })
  expect(await pass(retries, busy)).toMatchObject({ for: 'retry', delayMs: 2_050, retryCount: 1 })
})

test.each(['invalid_request', 'authentication', 'not_found', 'resume_expired', 'conflict'] as const)(
  '%s is final at once',
  async (type) => {
    const error = new StreamingError(type)
    await expect(new RetrySchedule({}).wait(error, never, () => {})).rejects.toBe(error)
  },
)

test('a quota is final, an unknown failure of the server is not', async () => {
  const quota = new StreamingError('quota_exceeded')
  await expect(new RetrySchedule({}).wait(quota, never, () => {})).rejects.toBe(quota)
  expect(await pass(new RetrySchedule({}), new StreamingError('unexpected_error'))).toMatchObject({
    for: 'retry',
  })
})

test('what has no name was the network', async () => {
  const waiting = await pass(new RetrySchedule({}), new TypeError('fetch failed'))
  expect(waiting).toMatchObject({ for: 'retry', error: { type: 'connection_lost', recoverable: true } })
})

test('gives up after `maxRetries` tries without progress, and says how many', async () => {
  const retries = new RetrySchedule({ maxRetries: 2 })
  await pass(retries)
  await pass(retries)
  await expect(pass(retries)).rejects.toMatchObject({ type: 'connection_lost', retryCount: 2 })
})

test('gives up with the server’s own reason if it has one', async () => {
  const busy = new StreamingError('capacity', 'No room.', { retryAfterMs: 600_000 })
  await expect(new RetrySchedule({}).wait(busy, never, () => {})).rejects.toBe(busy)
})

test('a connection that flaps but makes progress is never given up', async () => {
  const retries = new RetrySchedule({ maxElapsedMs: 1_000, maxRetries: 3 })
  for (let count = 0; count < 50; count += 1) {
    retries.connected()
    retries.progressed()
    await pass(retries)
    vi.advanceTimersByTime(900)
  }
})

describe('the waits of a line that flaps', () => {
  /** One connection: whether it stands at all, brings something, and for how long it lives. */
  const connection = fc.record({
    stands: fc.boolean(),
    brings: fc.boolean(),
    livedMs: fc.constantFrom(0, 10, 900, 1_100),
  })

  test('are drawn from base · 2ⁿ, n counting from the last that brought something or stood long enough', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(connection, { maxLength: 20 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        async (connections, chance) => {
          vi.spyOn(Math, 'random').mockReturnValue(chance)
          const retries = new RetrySchedule({ baseMs: 100, capMs: 3_000, stableMs: 1_000 })
          let n = 0
          for (const { stands, brings, livedMs } of connections) {
            if (stands) retries.connected()
            if (stands && brings) retries.progressed()
            vi.advanceTimersByTime(livedMs)
            if (stands && (brings || livedMs >= 1_000)) n = 0
            const delayMs = Math.round(chance * Math.min(3_000, 100 * 2 ** n))
            expect(await pass(retries)).toMatchObject({ for: 'retry', delayMs })
            n += 1
          }
        },
      ),
    )
  })

  test('five quick cuts with progress cost five short waits, each with the full jitter', async () => {
    const retries = new RetrySchedule({})
    const waits: number[] = []
    for (const chance of [0, 0.25, 0.5, 0.75, 0.99]) {
      vi.spyOn(Math, 'random').mockReturnValue(chance)
      retries.connected()
      retries.progressed()
      const waiting = await pass(retries)
      if (waiting?.for === 'retry') waits.push(waiting.delayMs)
    }
    expect(waits).toEqual([0, 125, 250, 375, 495])
  })
})

test('the waits begin small again after a stable while', async () => {
  const retries = new RetrySchedule({ baseMs: 100, stableMs: 1_000 })
  await pass(retries)
  await pass(retries)
  retries.connected()
  retries.progressed()
  vi.advanceTimersByTime(1_000)
  expect(await pass(retries)).toMatchObject({ delayMs: 50, retryCount: 1 })
})

test('a machine that slept through the wait has used nothing up', async () => {
  const retries = new RetrySchedule({ maxRetries: 1, baseMs: 100 })
  const wait = retries.wait(lost(), never, () => {})
  const awake = performance.now() + 3_600_000
  vi.spyOn(performance, 'now').mockReturnValue(awake)
  await vi.runAllTimersAsync()
  await wait
  await pass(retries)
})

test('a wait that is aborted ends at once', async () => {
  const attempt = new AbortController()
  const wait = new RetrySchedule({}).wait(lost(), attempt.signal, () => {})
  attempt.abort(new Error('left'))
  await expect(wait).rejects.toThrow('left')
})

test('offline, nothing is used up, and the next try comes when the network does', async () => {
  const browser = new EventTarget()
  vi.stubGlobal('addEventListener', browser.addEventListener.bind(browser))
  vi.stubGlobal('removeEventListener', browser.removeEventListener.bind(browser))
  vi.stubGlobal('navigator', { onLine: false })
  const retries = new RetrySchedule({ maxRetries: 1, capMs: 5_000 })
  for (let count = 0; count < 10; count += 1) {
    expect(await pass(retries)).toMatchObject({ for: 'online' })
  }
  const wait = retries.wait(lost(), never, () => {})
  browser.dispatchEvent(new Event('online'))
  await wait
})
