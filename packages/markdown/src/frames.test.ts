import { expect, test, vi } from 'vitest'
import { createFrames } from './frames.ts'

/** As much of a window as the frames use. */
function fakePage() {
  const callbacks: ((now: number) => void)[] = []
  let now = 0
  const page = {
    document: { hidden: false, addEventListener: () => {}, removeEventListener: () => {} },
    performance: { now: () => now },
    requestAnimationFrame: (callback: (now: number) => void) => callbacks.push(callback),
    cancelAnimationFrame: () => void callbacks.splice(0),
    clearTimeout: () => {},
  }
  const nextFrame = (): void => {
    now += 100
    for (const callback of callbacks.splice(0)) callback(now)
  }
  return { view: page as unknown as Window & typeof globalThis, nextFrame }
}

test('a task that was stopped gets no step, though a frame is requested for it', () => {
  const { view, nextFrame } = fakePage()
  const step = vi.fn(() => false)
  const frames = createFrames(view, { element: {} as Element, maxFps: 60, budgetMs: 8, step })
  frames.request()
  nextFrame()
  expect(step).toHaveBeenCalledTimes(1)
  frames.stop()
  frames.request()
  nextFrame()
  expect(step).toHaveBeenCalledTimes(1)
})
