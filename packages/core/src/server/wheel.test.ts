import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { manualWheel } from '../testing/index.ts'
import { Wheel } from './wheel.ts'

describe('Wheel', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }))
  afterEach(() => void vi.useRealTimers())

  test('has one timer for any number of alarms, and none without', () => {
    const wheel = new Wheel()
    expect(vi.getTimerCount()).toBe(0)
    const alarms = Array.from({ length: 1000 }, () => wheel.alarm(() => {}))
    expect(vi.getTimerCount()).toBe(0)
    for (const alarm of alarms) alarm.setIn(1000)
    expect([vi.getTimerCount(), wheel.size]).toEqual([1, 1000])
    for (const alarm of alarms) alarm.clear()
    expect([vi.getTimerCount(), wheel.size]).toEqual([0, 0])
  })

  test('has no timer left when all have rung', () => {
    const wheel = new Wheel()
    const ring = vi.fn()
    for (const delayMs of [100, 200, 300]) wheel.alarm(ring).setIn(delayMs)
    vi.advanceTimersByTime(1000)
    expect(ring).toHaveBeenCalledTimes(3)
    expect([vi.getTimerCount(), wheel.size]).toEqual([0, 0])
  })

  test('starts its timer again for the next alarm', () => {
    const wheel = new Wheel()
    const ring = vi.fn()
    const alarm = wheel.alarm(ring)
    for (let times = 1; times <= 3; times++) {
      alarm.setIn(50)
      vi.advanceTimersByTime(200)
      expect(ring).toHaveBeenCalledTimes(times)
      expect(vi.getTimerCount()).toBe(0)
    }
  })

  test('rings a tick late at most, never early, and once', () => {
    const wheel = new Wheel({ tickMs: 100 })
    const rungAt: number[] = []
    const start = performance.now()
    wheel.alarm(() => rungAt.push(performance.now() - start)).setIn(250)
    vi.advanceTimersByTime(5000)
    expect(rungAt).toHaveLength(1)
    expect(rungAt[0]).toBeGreaterThanOrEqual(250)
    expect(rungAt[0]).toBeLessThanOrEqual(350)
  })

  test('does not keep the process alive', () => {
    vi.useRealTimers()
    const wheel = new Wheel()
    const before = process.getActiveResourcesInfo().length
    const alarm = wheel.alarm(() => {})
    alarm.setIn(1000)
    expect(process.getActiveResourcesInfo()).toHaveLength(before)
    alarm.clear()
  })
})

describe('Alarm', () => {
  test('rings when it is due, and can be moved both ways', () => {
    const wheel = manualWheel()
    const ring = vi.fn()
    const alarm = wheel.alarm(ring)
    alarm.setIn(1000)
    wheel.advance(900)
    alarm.setIn(1000)
    wheel.advance(900)
    expect(ring).not.toHaveBeenCalled()
    alarm.setIn(100)
    wheel.advance(100)
    expect(ring).toHaveBeenCalledTimes(1)
    wheel.advance(10_000)
    expect(ring).toHaveBeenCalledTimes(1)
  })

  test('does not ring when it was cleared, and clearing twice is nothing', () => {
    const wheel = manualWheel()
    const ring = vi.fn()
    const alarm = wheel.alarm(ring)
    alarm.clear()
    alarm.setIn(100)
    alarm.clear()
    alarm.clear()
    wheel.advance(1000)
    expect(ring).not.toHaveBeenCalled()
    expect(wheel.size).toBe(0)
  })

  test('set in Infinity never rings, and is not set', () => {
    const wheel = manualWheel()
    const ring = vi.fn()
    const alarm = wheel.alarm(ring)
    alarm.setIn(100)
    alarm.setIn(Number.POSITIVE_INFINITY)
    expect([alarm.at, wheel.size]).toEqual([Number.POSITIVE_INFINITY, 0])
    wheel.advance(1000)
    expect(ring).not.toHaveBeenCalled()
  })

  test('may be set anew while it rings, and cleared by another that rings before it', () => {
    const wheel = manualWheel()
    const rung: string[] = []
    const again = wheel.alarm(() => {
      rung.push('again')
      if (rung.length < 3) again.setIn(100)
    })
    const killer = wheel.alarm(() => killed.clear())
    const killed = wheel.alarm(() => rung.push('killed'))
    killer.setIn(50)
    killed.setIn(60)
    again.setIn(100)
    wheel.advance(1000)
    expect(rung).toEqual(['again', 'again', 'again'])
    expect(wheel.size).toBe(0)
  })

  test('that is set anew for now waits for the next tick', () => {
    const wheel = manualWheel()
    let rings = 0
    const alarm = wheel.alarm(() => {
      rings += 1
      if (rings < 100) alarm.setIn(0)
    })
    alarm.setIn(100)
    wheel.advance(100)
    expect(rings).toBe(1)
  })

  test('that throws takes no other down with it', () => {
    const wheel = manualWheel()
    const ring = vi.fn()
    wheel
      .alarm(() => {
        throw new Error('mine')
      })
      .setIn(100)
    wheel.alarm(ring).setIn(100)
    expect(() => wheel.advance(100)).toThrow('mine')
    expect(ring).toHaveBeenCalledTimes(1)
    expect(wheel.size).toBe(0)
  })
})
