import { expect, test } from 'vitest'
import { median, quantile, ratio, spread } from './stats.ts'

test('the median is the value in the middle, in whatever order they come', () => {
  expect(median([9, 1, 5])).toBe(5)
  expect(median([9, 1, 5, 4])).toBe(4.5)
  expect(median([])).toBeNaN()
})

test('a quantile is a value that there is', () => {
  const sorted = Float64Array.from({ length: 100 }, (_, index) => index)
  expect([0, 0.5, 0.99, 1].map((share) => quantile(sorted, share))).toEqual([0, 50, 99, 99])
})

test('ratios are taken round by round: a slow one slows both', () => {
  expect(ratio([1, 10, 1], [2, 20, 2])).toBe(0.5)
})

test('the spread is half of the range, as a share of the median', () => {
  expect(spread([8, 10, 12])).toBe(0.2)
})
