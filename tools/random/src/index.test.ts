import { expect, test } from 'vitest'
import { seededRandom } from './index.ts'

const first = (seed: number, count: number) => Array.from({ length: count }, seededRandom(seed))

test('the same seed gives the same numbers, and another seed others', () => {
  expect(first(7, 50)).toEqual(first(7, 50))
  expect(first(8, 50)).not.toEqual(first(7, 50))
  expect(first(2 ** 32 + 7, 50)).toEqual(first(7, 50))
})

test('the numbers fill ten buckets evenly', () => {
  const buckets = new Array<number>(10).fill(0)
  for (const number of first(1, 10_000)) buckets[Math.floor(number * 10)]! += 1
  for (const count of buckets) {
    expect(count).toBeGreaterThan(900)
    expect(count).toBeLessThan(1100)
  }
})

test('its source text works by itself, as in a page', () => {
  const inPage = new Function(`return (${seededRandom})(7)`)() as () => number
  expect(Array.from({ length: 50 }, inPage)).toEqual(first(7, 50))
})
