import { seededRandom } from '@sluice/random'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Backoff, RETRY_DEFAULTS, type RetryPolicy } from './backoff.ts'

const policies = fc.record({
  baseMs: fc.integer({ min: 1, max: 5000 }),
  capMs: fc.integer({ min: 1, max: 120_000 }),
  floorMs: fc.integer({ min: 0, max: 2000 }),
})

describe('Backoff', () => {
  test('waits between the floor and min(cap, base · 2ⁿ)', () => {
    fc.assert(
      fc.property(policies, fc.array(chance(), { minLength: 1, maxLength: 40 }), (policy, chances) => {
        const backoff = new Backoff(policy, { now: () => 0, random: sequence(chances) })
        for (let n = 0; n < chances.length; n++) {
          const { delayMs, retryCount } = backoff.failed()!
          const ceiling = Math.max(policy.floorMs, Math.min(policy.capMs, policy.baseMs * 2 ** n))
          expect(delayMs).toBeGreaterThanOrEqual(policy.floorMs)
          expect(delayMs).toBeLessThanOrEqual(ceiling)
          expect(retryCount).toBe(n + 1)
        }
      }),
    )
  })

  test('reaches both ends of that span', () => {
    const lowest = new Backoff({ baseMs: 1000, floorMs: 10 }, { now: () => 0, random: () => 0 })
    const highest = new Backoff({ baseMs: 1000, floorMs: 10 }, { now: () => 0, random: () => 1 - 2 ** -53 })
    expect([1, 2, 3].map(() => lowest.failed()?.delayMs)).toEqual([10, 10, 10])
    expect([1, 2, 3].map(() => highest.failed()?.delayMs)).toEqual([1000, 2000, 4000])
  })

  test('stays finite after any number of failures', () => {
    const backoff = new Backoff({}, { now: () => 0, random: () => 0.5 })
    for (let n = 0; n < 2000; n++) backoff.failed()
    expect(backoff.failed()).toEqual({ delayMs: RETRY_DEFAULTS.capMs / 2, retryCount: 2001 })
  })

  test('spreads waits over the whole span at the cap too', () => {
    const random = seededRandom(42)
    const waits = Array.from({ length: 4000 }, () => {
      const backoff = new Backoff({ baseMs: 500, capMs: 60_000 }, { now: () => 0, random })
      for (let n = 0; n < 12; n++) backoff.failed()
      return backoff.failed()!.delayMs
    })
    const tenths = new Array(10).fill(0)
    for (const wait of waits) tenths[Math.min(9, Math.floor(wait / 6000))] += 1
    for (const count of tenths) expect(count).toBeGreaterThan(300)
    expect(new Set(waits).size).toBeGreaterThan(3500)
  })

  test('takes retry_after as a minimum, with the jitter on top', () => {
    fc.assert(
      fc.property(
        policies,
        fc.integer({ min: 0, max: 100_000 }),
        chance(),
        (policy, retryAfterMs, random) => {
          const plain = new Backoff(policy, { now: () => 0, random: () => random })
          const told = new Backoff(policy, { now: () => 0, random: () => random })
          const delayMs = told.failed({ retryAfterMs })!.delayMs
          expect(delayMs).toBeGreaterThanOrEqual(retryAfterMs)
          expect(delayMs).toBe(retryAfterMs + plain.failed()!.delayMs)
        },
      ),
    )
  })

  test('does not send everyone back at the instant that retry_after names', () => {
    const random = seededRandom(7)
    const waits = Array.from({ length: 500 }, () => {
      return new Backoff({ baseMs: 1000 }, { now: () => 0, random }).failed({ retryAfterMs: 2000 })!.delayMs
    })
    expect(new Set(waits).size).toBeGreaterThan(300)
  })

  test('gives up after maxRetries', () => {
    const backoff = new Backoff({ maxRetries: 2 }, { now: () => 0, random: () => 0 })
    expect([1, 2, 3, 4].map(() => backoff.failed()?.retryCount)).toEqual([1, 2, undefined, undefined])
  })

  test('makes no try that would come after maxElapsedMs', () => {
    const clock = { now: 1000 }
    const backoff = new Backoff(
      { maxElapsedMs: 5000, baseMs: 1000 },
      { now: () => clock.now, random: () => 0 },
    )
    expect(backoff.failed()).toBeDefined()
    clock.now = 6000
    expect(backoff.failed()).toBeDefined()
    expect(backoff.failed({ retryAfterMs: 1 })).toBeUndefined()
    clock.now = 6001
    expect(backoff.failed()).toBeUndefined()
  })

  test('forgets failures only when it has worked for stableMs', () => {
    const clock = { now: 0 }
    const backoff = new Backoff({ stableMs: 1000, maxRetries: 2 }, { now: () => clock.now, random: () => 0 })
    backoff.failed()
    backoff.succeeded()
    clock.now += 999
    backoff.succeeded()
    expect(backoff.failed()?.retryCount).toBe(2)
    backoff.succeeded()
    clock.now += 1000
    expect(backoff.failed()?.retryCount).toBe(1)
  })

  test('does not count time between failures as working', () => {
    const clock = { now: 0 }
    const backoff = new Backoff({ stableMs: 1000 }, { now: () => clock.now, random: () => 0 })
    backoff.failed()
    clock.now += 1_000_000
    expect(backoff.failed()?.retryCount).toBe(2)
  })

  test('measures maxElapsedMs from the first failure since it worked', () => {
    const clock = { now: 0 }
    const policy: Partial<RetryPolicy> = { stableMs: 1000, maxElapsedMs: 500, baseMs: 1 }
    const backoff = new Backoff(policy, { now: () => clock.now, random: () => 0 })
    expect(backoff.failed()).toBeDefined()
    backoff.succeeded()
    clock.now += 1000
    expect(backoff.failed()).toBeDefined()
    clock.now += 501
    expect(backoff.failed()).toBeUndefined()
  })
})

function chance(): fc.Arbitrary<number> {
  return fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
}

function sequence(values: readonly number[]): () => number {
  let at = 0
  return () => values[at++ % values.length]!
}
