import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { manualClock } from '../testing/index.ts'
import { Clock, MAX_TIMER_MS } from './clock.ts'

describe('Clock', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
  afterEach(() => void vi.useRealTimers())

  test('has a timer for each alarm that is set, and none without', () => {
    const clock = new Clock()
    const alarms = Array.from({ length: 1000 }, () => clock.alarm(() => {}))
    expect([vi.getTimerCount(), clock.size]).toEqual([0, 0])
    for (const alarm of alarms) alarm.setIn(1000)
    expect([vi.getTimerCount(), clock.size]).toEqual([1000, 1000])
    for (const alarm of alarms) alarm.clear()
    expect([vi.getTimerCount(), clock.size]).toEqual([0, 0])
  })

  test('has no timer left when all have rung', () => {
    const clock = new Clock()
    const ring = vi.fn()
    for (const delayMs of [100, 200, 300]) clock.alarm(ring).setIn(delayMs)
    vi.advanceTimersByTime(1000)
    expect(ring).toHaveBeenCalledTimes(3)
    expect([vi.getTimerCount(), clock.size]).toEqual([0, 0])
  })

  test('uses an alarm again and again, with the same delay and with another', () => {
    const clock = new Clock()
    const rungAt: number[] = []
    const start = performance.now()
    const alarm = clock.alarm(() => rungAt.push(performance.now() - start))
    for (const delayMs of [50, 50, 70, 50]) {
      alarm.setIn(delayMs)
      vi.advanceTimersByTime(delayMs)
      expect([vi.getTimerCount(), clock.size]).toEqual([0, 0])
    }
    expect(rungAt).toEqual([50, 100, 170, 220])
  })

  test('rings when it is due, never early, however its time was moved before', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ afterMs: fc.nat(50), delayMs: fc.option(fc.nat(200)) }), { maxLength: 20 }),
        (moves) => {
          const clock = new Clock()
          const rungAt: number[] = []
          const expected: number[] = []
          let due = Number.POSITIVE_INFINITY
          const alarm = clock.alarm(() => rungAt.push(performance.now()))
          const pass = (ms: number): void => {
            const until = performance.now() + ms
            if (due <= until) {
              expected.push(due)
              due = Number.POSITIVE_INFINITY
            }
            vi.advanceTimersByTime(ms)
          }
          for (const { afterMs, delayMs } of moves) {
            pass(afterMs)
            if (delayMs === null) {
              alarm.clear()
              due = Number.POSITIVE_INFINITY
            } else {
              alarm.setIn(delayMs)
              due = performance.now() + Math.max(1, delayMs)
            }
            expect(clock.size).toBe(due === Number.POSITIVE_INFINITY ? 0 : 1)
          }
          pass(1000)
          expect(rungAt).toEqual(expected)
          expect([clock.size, vi.getTimerCount()]).toEqual([0, 0])
        },
      ),
    )
  })

  test('waits longer than a timer of Node can', () => {
    const clock = new Clock()
    const ring = vi.fn()
    clock.alarm(ring).setIn(MAX_TIMER_MS + 1000)
    vi.advanceTimersByTime(MAX_TIMER_MS)
    expect(ring).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1000)
    expect(ring).toHaveBeenCalledTimes(1)
  })

  test('does not keep the process alive', () => {
    vi.useRealTimers()
    const clock = new Clock()
    const before = process.getActiveResourcesInfo().length
    const alarm = clock.alarm(() => {})
    alarm.setIn(1000)
    expect(process.getActiveResourcesInfo()).toHaveLength(before)
    alarm.clear()
  })
})

describe('Alarm', () => {
  test('rings when it is due, and can be moved both ways', () => {
    const clock = manualClock()
    const ring = vi.fn()
    const alarm = clock.alarm(ring)
    alarm.setIn(1000)
    clock.advance(900)
    alarm.setIn(1000)
    clock.advance(900)
    expect(ring).not.toHaveBeenCalled()
    alarm.setIn(100)
    clock.advance(100)
    expect(ring).toHaveBeenCalledTimes(1)
    clock.advance(10_000)
    expect(ring).toHaveBeenCalledTimes(1)
  })

  test('does not ring when it was cleared, and clearing twice is nothing', () => {
    const clock = manualClock()
    const ring = vi.fn()
    const alarm = clock.alarm(ring)
    alarm.clear()
    alarm.setIn(100)
    alarm.clear()
    alarm.clear()
    clock.advance(1000)
    expect(ring).not.toHaveBeenCalled()
    expect(clock.size).toBe(0)
  })

  test('set in Infinity never rings, and is not set', () => {
    const clock = manualClock()
    const ring = vi.fn()
    const alarm = clock.alarm(ring)
    alarm.setIn(100)
    alarm.setIn(Number.POSITIVE_INFINITY)
    expect([alarm.at, clock.size]).toEqual([Number.POSITIVE_INFINITY, 0])
    clock.advance(1000)
    expect(ring).not.toHaveBeenCalled()
  })

  test('may be set anew while it rings, and cleared by another that rings before it', () => {
    const clock = manualClock()
    const rung: string[] = []
    const again = clock.alarm(() => {
      rung.push('again')
      if (rung.length < 3) again.setIn(100)
    })
    const killer = clock.alarm(() => killed.clear())
    const killed = clock.alarm(() => rung.push('killed'))
    killer.setIn(50)
    killed.setIn(60)
    again.setIn(100)
    clock.advance(1000)
    expect(rung).toEqual(['again', 'again', 'again'])
    expect(clock.size).toBe(0)
  })

  test('that is set anew for now waits for the next step', () => {
    const clock = manualClock()
    let rings = 0
    const alarm = clock.alarm(() => {
      rings += 1
      if (rings < 100) alarm.setIn(0)
    })
    alarm.setIn(100)
    clock.advance(100)
    expect(rings).toBe(1)
  })

  test('that throws takes no other down with it', () => {
    const clock = manualClock()
    const ring = vi.fn()
    clock
      .alarm(() => {
        throw new Error('mine')
      })
      .setIn(100)
    clock.alarm(ring).setIn(100)
    expect(() => clock.advance(100)).toThrow('mine')
    expect(ring).toHaveBeenCalledTimes(1)
    expect(clock.size).toBe(0)
  })
})
