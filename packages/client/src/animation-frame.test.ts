// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { cancelFrame, requestFrame } from './animation-frame.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  // Nothing is left, no frame and no timer.
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

const frame = () => vi.advanceTimersToNextFrame()

function hide(isHidden: boolean): void {
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(isHidden)
  document.dispatchEvent(new Event('visibilitychange'))
}

test('once with the next frame, however often it was asked for', () => {
  const step = vi.fn()
  for (let times = 0; times < 100; times++) requestFrame(step)
  expect(step).not.toHaveBeenCalled()
  frame()
  expect(step).toHaveBeenCalledOnce()
  requestFrame(step)
  frame()
  expect(step).toHaveBeenCalledTimes(2)
})

test('several steps take one frame', () => {
  const request = vi.spyOn(globalThis, 'requestAnimationFrame')
  const steps = [vi.fn(), vi.fn(), vi.fn()]
  for (const step of steps) requestFrame(step)
  expect(request).toHaveBeenCalledOnce()
  frame()
  for (const step of steps) expect(step).toHaveBeenCalledOnce()
})

test('a step may ask for the next frame, and take another back', () => {
  const other = vi.fn()
  const step = vi.fn(() => {
    if (step.mock.calls.length < 3) requestFrame(step)
    cancelFrame(other)
  })
  requestFrame(step)
  frame()
  requestFrame(other)
  frame()
  frame()
  expect(step).toHaveBeenCalledTimes(3)
  expect(other).not.toHaveBeenCalled()
})

test('what is taken back is not called', () => {
  const gone = vi.fn()
  const kept = vi.fn()
  requestFrame(gone)
  requestFrame(kept)
  cancelFrame(gone)
  frame()
  expect(kept).toHaveBeenCalledOnce()
  requestFrame(gone)
  cancelFrame(gone)
  cancelFrame(gone)
  expect(vi.getTimerCount()).toBe(0)
  expect(gone).not.toHaveBeenCalled()
})

test('in a hidden tab it goes on by timer, also when it is hidden in between', () => {
  const step = vi.fn()
  const request = vi.spyOn(globalThis, 'requestAnimationFrame')
  requestFrame(step)
  hide(true)
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(100)
  expect(step).toHaveBeenCalledOnce()
  expect(request).toHaveBeenCalledOnce()
  requestFrame(step)
  hide(false)
  expect(request).toHaveBeenCalledTimes(2)
  frame()
  expect(step).toHaveBeenCalledTimes(2)
  hide(true)
  expect(vi.getTimerCount()).toBe(0)
})

test('if there is no page, it goes on by timer', () => {
  vi.stubGlobal('document', undefined)
  vi.stubGlobal('requestAnimationFrame', undefined)
  const step = vi.fn()
  requestFrame(step)
  vi.advanceTimersByTime(100)
  expect(step).toHaveBeenCalledOnce()
})
