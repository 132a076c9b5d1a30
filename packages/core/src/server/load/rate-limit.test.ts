import { expect, test } from 'vitest'
import { manualClock } from '../../testing/index.ts'
import { RateLimit } from './rate-limit.ts'

test('grants as many as there may be in a minute, and says when the next one may come', () => {
  const clock = manualClock()
  const limit = new RateLimit({ perMinute: 3 }, clock)
  expect(Array.from({ length: 5 }, () => limit.take('ann'))).toEqual([0, 0, 0, 20_000, 20_000])
  expect(limit.take('bob')).toBe(0)
  clock.advance(19_000)
  expect(limit.take('ann')).toBe(1_000)
  clock.advance(1_000)
  expect([limit.take('ann'), limit.take('ann')]).toEqual([0, 20_000])
  clock.advance(60_000)
  expect(Array.from({ length: 4 }, () => limit.take('ann'))).toEqual([0, 0, 0, 20_000])
})

test('is no bound if there may be any number, and refuses all if there may be none', () => {
  const clock = manualClock()
  const none = new RateLimit({ perMinute: 0 }, clock)
  const any = new RateLimit({ perMinute: Number.POSITIVE_INFINITY }, clock)
  expect(none.take('ann')).toBe(60_000)
  for (let count = 0; count < 10_000; count++) expect(any.take('ann')).toBe(0)
})

test('grants each of very many owners its own, whether it has forgotten others or not', () => {
  const clock = manualClock()
  const limit = new RateLimit({ perMinute: 1 }, clock)
  for (let round = 0; round < 3; round++) {
    for (let owner = 0; owner < 5_000; owner++) expect(limit.take(`${owner}`)).toBe(0)
    for (let owner = 0; owner < 5_000; owner++) expect(limit.take(`${owner}`)).toBeGreaterThan(0)
    clock.advance(60_000)
  }
})
