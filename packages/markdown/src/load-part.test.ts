import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { loadPart } from './load-part.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a part is requested again until it comes, ever more seldom', async () => {
  let requests = 0
  const load = async (): Promise<string> => {
    requests += 1
    if (requests < 8) throw new TypeError('Failed to fetch dynamically imported module')
    return 'the part'
  }
  const loaded = loadPart(load, () => true)
  await vi.advanceTimersByTimeAsync(500 + 1000 + 2000 + 4000 + 8000 + 8000 + 7999)
  expect(requests).toBe(7)
  await vi.advanceTimersByTimeAsync(1)
  expect(await loaded).toBe('the part')
})

test('a part that is not wanted any more is not requested again', async () => {
  const load = vi.fn(() => Promise.reject(new TypeError('Failed to fetch dynamically imported module')))
  const settled = vi.fn()
  let isWanted = true
  loadPart(load, () => isWanted).then(settled, settled)
  await vi.advanceTimersByTimeAsync(0)
  isWanted = false
  await vi.advanceTimersByTimeAsync(60_000)
  expect(load).toHaveBeenCalledTimes(1)
  expect([settled.mock.calls, vi.getTimerCount()]).toEqual([[], 0])
})
