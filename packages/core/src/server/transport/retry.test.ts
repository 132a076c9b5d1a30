import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_TIMER_MS } from '../clock.ts'
import { randomRetryMs } from './retry.ts'

test('a wait is within 50 % of its mean, whole, and never longer than a timer can wait', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: MAX_TIMER_MS, noNaN: true }),
      fc.double({ min: 0, max: 0.999_999, noNaN: true }),
      (meanMs, random) => {
        const ms = randomRetryMs(meanMs, random)
        expect(Number.isInteger(ms)).toBe(true)
        expect(ms).toBeGreaterThanOrEqual(Math.floor(meanMs * 0.5))
        expect(ms).toBeLessThanOrEqual(Math.min(Math.ceil(meanMs * 1.5), MAX_TIMER_MS))
      },
    ),
  )
})
