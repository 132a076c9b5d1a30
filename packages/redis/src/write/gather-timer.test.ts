import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { GatherTimer } from './gather-timer.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

test('calls each once, so long after it first asked, and with one timer', () => {
  const gatherTimer = new GatherTimer(10)
  const [one, two] = [{ gathered: vi.fn() }, { gathered: vi.fn() }]
  gatherTimer.wait(one)
  vi.advanceTimersByTime(6)
  gatherTimer.wait(two)
  gatherTimer.wait(one)
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(4)
  expect([one.gathered.mock.calls.length, two.gathered.mock.calls.length]).toEqual([1, 0])
  vi.advanceTimersByTime(6)
  expect([one.gathered.mock.calls.length, two.gathered.mock.calls.length]).toEqual([1, 1])
  expect(vi.getTimerCount()).toBe(0)
})

test('does not call a writer that was sent before', () => {
  const gatherTimer = new GatherTimer(10)
  const item = { gathered: vi.fn() }
  gatherTimer.wait(item)
  gatherTimer.forget(item)
  vi.advanceTimersByTime(20)
  expect(item.gathered).not.toHaveBeenCalled()
})

test('leaves no timer behind', () => {
  const gatherTimer = new GatherTimer(10)
  gatherTimer.wait({ gathered: vi.fn() })
  gatherTimer.close()
  expect(vi.getTimerCount()).toBe(0)
})
