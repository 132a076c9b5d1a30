import { expect, test } from 'vitest'
import { schedule } from './schedule.ts'

const many = Array.from({ length: 500 }, (_, seed) => schedule(seed))

test('is the same for the same seed, and another for another', () => {
  expect(many).toEqual(many.map((_, seed) => schedule(seed)))
  expect(new Set(many.map((faults) => JSON.stringify(faults))).size).toBeGreaterThan(400)
})

test('has every fault there is, and good lines too', () => {
  const faults = many.flat()
  expect(new Set(faults.map(({ ending }) => ending))).toEqual(
    new Set([undefined, 'close', 'reset', 'silence', 'truncate']),
  )
  for (const name of ['page', 'pieces', 'turns', 'delayMs'] as const) {
    expect(faults.filter((fault) => fault[name]).length).toBeGreaterThan(20)
  }
  expect(many.filter(({ length }) => length === 0).length).toBeGreaterThan(20)
})

test('stays within its bounds', () => {
  const bounded = Array.from({ length: 200 }, (_, seed) => schedule(seed, { maxFaults: 2, maxBytes: 50 }))
  expect(Math.max(...bounded.map(({ length }) => length))).toBe(2)
  for (const { after = 0 } of bounded.flat()) expect(after).toBeLessThan(50)
})
