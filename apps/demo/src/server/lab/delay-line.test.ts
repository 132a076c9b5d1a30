import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DelayLine } from './delay-line.ts'

let arrived: string[]
let line: DelayLine
const send = (delayMs: number, what: string) => line.send(delayMs, () => arrived.push(what))

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  arrived = []
  line = new DelayLine()
})
afterEach(() => {
  vi.useRealTimers()
})

test('without a delay, and with nothing ahead, it is there at once', () => {
  send(0, 'a')
  expect(arrived).toEqual(['a'])
  expect(line.isEmpty).toBe(true)
})

test('each arrives after its delay: many are under way at the same time', () => {
  send(100, 'a')
  vi.advanceTimersByTime(60)
  send(100, 'b')
  vi.advanceTimersByTime(39)
  expect(arrived).toEqual([])
  vi.advanceTimersByTime(1)
  expect(arrived).toEqual(['a'])
  vi.advanceTimersByTime(60)
  expect(arrived).toEqual(['a', 'b'])
})

test('nothing overtakes, also if the delay becomes shorter', () => {
  send(100, 'a')
  send(10, 'b')
  send(0, 'c')
  vi.advanceTimersByTime(99)
  expect(arrived).toEqual([])
  vi.advanceTimersByTime(1)
  expect(arrived).toEqual(['a', 'b', 'c'])
})

test('what is cleared never arrives, and no timer is left', () => {
  send(100, 'a')
  line.clear()
  expect(vi.getTimerCount()).toBe(0)
  vi.advanceTimersByTime(1_000)
  expect(arrived).toEqual([])
  send(0, 'b')
  expect(arrived).toEqual(['b'])
})
