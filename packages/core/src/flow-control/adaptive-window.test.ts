import { seededRandom } from '@sluice/random'
import { describe, expect, test } from 'vitest'
import { Line, type LineOptions, SimulatedTime } from '../../test/line.ts'
import { AdaptiveWindow, type AdaptiveWindowOptions } from './adaptive-window.ts'

type Simulation = Omit<LineOptions, 'time' | 'window'> & { readonly bounds?: AdaptiveWindowOptions }

function simulate({ bounds, ...options }: Simulation) {
  const time = new SimulatedTime()
  const window = new AdaptiveWindow({ ...bounds, now: () => time.now })
  const line = new Line({ time, window, ...options })
  /** Chunks processed from one time to another. */
  const processed = (fromMs: number, toMs: number) => {
    line.runTo(fromMs)
    line.mostOutstanding = 0
    const before = line.processed
    line.runTo(toMs)
    return line.processed - before
  }
  return { line, processed, time, window }
}

describe('a fast viewer, 2000 chunks a second', () => {
  test('has its full rate within 2 s over 300 ms, and two round trips of work allowed', () => {
    const { processed, window } = simulate({ roundTripMs: () => 300, chunkMs: () => 0.5 })
    expect(processed(2000, 10_000)).toBeGreaterThan(0.98 * 16_000)
    expect(window.size).toBeGreaterThanOrEqual(1100)
    expect(window.size).toBeLessThanOrEqual(1300)
    expect(window.roundTripMs).toBeCloseTo(300, 0)
  })

  test.each([1, 20, 100, 600, 1000])(
    'has its full rate within 6 round trips and 1 s over %i ms',
    (roundTripMs) => {
      const { processed } = simulate({ roundTripMs: () => roundTripMs, chunkMs: () => 0.5 })
      const from = 6 * roundTripMs + 1000
      expect(processed(from, from + 5000)).toBeGreaterThan(0.95 * 10_000)
    },
  )

  test('has it also when its pace is uneven, in a hundred different ways', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = seededRandom(seed)
      const { processed } = simulate({ roundTripMs: () => 300, chunkMs: () => -0.5 * Math.log(1 - random()) })
      expect(processed(3000, 6000)).toBeGreaterThan(0.9 * 6000)
    }
  })

  test('keeps it while the source is silent', () => {
    const available = (now: number) => (now < 5000 || now > 35_000 ? Number.POSITIVE_INFINITY : 8000)
    const { processed } = simulate({ roundTripMs: () => 300, chunkMs: () => 0.5, available })
    expect(processed(35_150, 38_150)).toBeGreaterThan(0.95 * 6000)
  })

  test.each([300, 800])('has it again one ping after a line of 100 ms has become one of %i ms', (becomes) => {
    let roundTripMs = 100
    const { processed, window } = simulate({ roundTripMs: () => roundTripMs, chunkMs: () => 0.5 })
    processed(0, 5000)
    roundTripMs = becomes
    // It waits for its window, but that does not shrink: nearly 400 chunks per round trip.
    expect(processed(8000, 12_000)).toBeGreaterThan(0.85 * 4000 * Math.min(2, 400 / becomes))
    window.roundTrip(becomes)
    expect(processed(18_000, 22_000)).toBeGreaterThan(0.95 * 8000)
  })

  test('is held at the ceiling', () => {
    const { processed, line, window } = simulate({
      roundTripMs: () => 300,
      chunkMs: () => 0.5,
      bounds: { ceiling: 200 },
    })
    expect(processed(0, 5000)).toBeGreaterThan(0)
    expect(window.size).toBe(200)
    expect(line.mostOutstanding).toBeLessThanOrEqual(200)
  })
})

describe('a slow viewer, 5 chunks a second', () => {
  test.each([20, 300])('is brought to the floor by the first 240 chunks over %i ms', (roundTripMs) => {
    const { processed, line, window } = simulate({ roundTripMs: () => roundTripMs, chunkMs: () => 200 })
    expect(processed(0, 2000)).toBeGreaterThanOrEqual(8)
    expect(line.mostOutstanding).toBe(256)
    expect(window.size).toBe(16)
    expect(processed(50_000, 99_000)).toBe(245)
    expect(line.mostOutstanding).toBeLessThanOrEqual(16)
    expect(line.server.stats.outstanding).toBeLessThanOrEqual(17)
  })

  test('that was fast is sent nothing more until it has come near the limit', () => {
    let chunkMs = 0.5
    const { processed, line, window } = simulate({ roundTripMs: () => 300, chunkMs: () => chunkMs })
    processed(0, 5000)
    chunkMs = 20
    const before = line.server.limit
    processed(5000, 7000)
    expect(window.size).toBeLessThanOrEqual(40)
    expect(line.server.limit).toBeLessThanOrEqual(before + 700)
    processed(7000, 40_000)
    processed(40_000, 45_000)
    expect(line.mostOutstanding).toBeLessThanOrEqual(40)
  })
})

describe('a source of 50 chunks a second', () => {
  test('needs no more of a window than it began with, once a round trip was measured', () => {
    const available = (now: number) => Math.floor(now / 20)
    const { processed, line, window } = simulate({ roundTripMs: () => 300, chunkMs: () => 0.1, available })
    window.roundTrip(300)
    expect(processed(2000, 20_000)).toBeGreaterThanOrEqual(899)
    expect(window.size).toBe(256)
    expect(line.server.stats.pausedMs).toBe(0)
  })

  test('makes it at most four times as large if there is no round trip', () => {
    const available = (now: number) => Math.floor(now / 20)
    const { processed, window } = simulate({ roundTripMs: () => 300, chunkMs: () => 0.1, available })
    expect(processed(0, 120_000)).toBeGreaterThan(5900)
    expect(window.size).toBeLessThanOrEqual(1024)
  })
})

describe('AdaptiveWindow', () => {
  test('moves by a factor of 2 in each period, whatever was measured', () => {
    let now = 0
    const window = new AdaptiveWindow({ initial: 64, now: () => now })
    const sizes: number[] = []
    for (const chunks of [1000, 1000, 1000, 0.1, 0.1, 300, 300]) {
      now += 100
      window.processed(chunks, false)
      sizes.push(window.size)
    }
    // The first period began idle, before there was anything to process.
    expect(sizes).toEqual([128, 256, 512, 256, 128, 256, 512])
  })

  test('shrinks for no viewer that was idle during the period, be it at its beginning or in its middle', () => {
    let now = 0
    const window = new AdaptiveWindow({ now: () => now })
    const after = (ms: number, isCaughtUp: boolean) => {
      now += ms
      window.processed(1, isCaughtUp)
      return window.size
    }
    expect([after(100, true), after(50, false), after(50, false)]).toEqual([256, 256, 256])
    expect([after(50, true), after(10, false), after(40, false)]).toEqual([256, 256, 256])
    expect([after(50, false), after(50, false)]).toEqual([256, 128])
  })

  test('believes a shorter round trip at once, a longer one by half, and nonsense never', () => {
    const window = new AdaptiveWindow()
    for (const ms of [Number.NaN, -1]) window.roundTrip(ms)
    expect(window.roundTripMs).toBeUndefined()
    window.roundTripAtMost(900)
    window.roundTrip(100)
    window.roundTripAtMost(800)
    expect(window.roundTripMs).toBe(100)
    window.roundTrip(300)
    expect(window.roundTripMs).toBe(200)
    window.roundTrip(3_600_000)
    expect(window.roundTripMs).toBe(2600)
  })

  test('begins within its bounds', () => {
    expect(new AdaptiveWindow().size).toBe(256)
    expect(new AdaptiveWindow({ ceiling: 20 }).size).toBe(20)
    expect(new AdaptiveWindow({ floor: 300 }).size).toBe(300)
  })
})
