import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Histogram } from './histogram.ts'

test('each value is counted in every bucket that it is at most as large as', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 200_000, noNaN: true })), (values) => {
      const histogram = new Histogram()
      for (const value of values) histogram.record(value)
      const { count, buckets } = histogram.snapshot()
      expect(count).toBe(values.length)
      for (const { le, count: counted } of buckets) {
        expect(counted).toBe(values.filter((value) => value <= le).length)
      }
    }),
  )
})

test('the sum is of the values, and the last bucket has no bound', () => {
  const histogram = new Histogram()
  histogram.record(3)
  histogram.record(1e9)
  expect(histogram.snapshot().sum).toBe(1e9 + 3)
  expect(histogram.snapshot().buckets.at(-1)).toEqual({ le: Number.POSITIVE_INFINITY, count: 2 })
  expect(histogram.snapshot().buckets.at(-2)?.count).toBe(1)
})
