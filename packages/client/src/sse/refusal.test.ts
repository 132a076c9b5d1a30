import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { retryAfterSeconds } from './refusal.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-07-01T12:00:00Z') })
})
afterEach(() => {
  vi.useRealTimers()
})

test.each([
  ['3', 3],
  [' 3 ', 3],
  ['0', 0],
  ['1.5', 1.5],
  ['Wed, 01 Jul 2026 12:00:30 GMT', 30],
  ['Wed, 01 Jul 2026 11:00:00 GMT', 0],
  ['-5', 0],
  ['soon', undefined],
  ['', undefined],
  [null, undefined],
])('Retry-After: %s is %s s', (value, seconds) => {
  expect(retryAfterSeconds(value)).toBe(seconds)
})
