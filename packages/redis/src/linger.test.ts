import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Linger } from './linger.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

test('calls each once, so long after it first asked, and with one timer', () => {
  const linger = new Linger(10)
  const [one, two] = [{ lingered: vi.fn() }, { lingered: vi.fn() }]
  linger.wait(one)
  vi.advanceTimersByTime(6)
  linger.wait(two)
  linger.wait(one)
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(4)
  expect([one.lingered.mock.calls.length, two.lingered.mock.calls.length]).toEqual([1, 0])
  vi.advanceTimersByTime(6)
  expect([one.lingered.mock.calls.length, two.lingered.mock.calls.length]).toEqual([1, 1])
  expect(vi.getTimerCount()).toBe(0)
})

test('does not call who has gone out before', () => {
  const linger = new Linger(10)
  const item = { lingered: vi.fn() }
  linger.wait(item)
  linger.forget(item)
  vi.advanceTimersByTime(20)
  expect(item.lingered).not.toHaveBeenCalled()
})

test('leaves no timer behind', () => {
  const linger = new Linger(10)
  linger.wait({ lingered: vi.fn() })
  linger.close()
  expect(vi.getTimerCount()).toBe(0)
})
