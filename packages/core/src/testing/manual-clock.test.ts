import { describe, expect, test } from 'vitest'
import { manualClock } from './manual-clock.ts'

describe('manualClock', () => {
  test('stands still until it is moved', async () => {
    const clock = manualClock()
    expect(clock.now()).toBe(0)
    clock.advance(250)
    expect(clock.now()).toBe(250)
    await clock.pass(250)
    expect(clock.now()).toBe(500)
  })

  test('rings what becomes due on the way, at its time', () => {
    const clock = manualClock()
    const rungAt: number[] = []
    const again = clock.alarm(() => {
      rungAt.push(clock.now())
      if (rungAt.length < 3) again.setIn(300)
    })
    again.setIn(300)
    clock.advance(1000)
    expect(rungAt).toEqual([300, 600, 900])
  })

  test('has steps as long as a test wants', () => {
    const clock = manualClock({ stepMs: 10 })
    let rungAt = 0
    clock
      .alarm(() => {
        rungAt = clock.now()
      })
      .setIn(25)
    clock.advance(1000)
    expect(rungAt).toBe(30)
  })

  test('lets promises go on between the steps when it passes', async () => {
    const clock = manualClock()
    const rungAt: number[] = []
    const wait = (ms: number) => new Promise<void>((resolve) => clock.alarm(resolve).setIn(ms))
    const chain = async () => {
      for (let count = 0; count < 3; count++) {
        await wait(200)
        rungAt.push(clock.now())
      }
    }
    void chain()
    await clock.pass(1000)
    expect(rungAt).toEqual([200, 400, 600])
    expect(clock.size).toBe(0)
  })
})
