import { describe, expect, test } from 'vitest'
import { manualWheel } from './manual-wheel.ts'

describe('manualWheel', () => {
  test('stands still until it is moved', async () => {
    const wheel = manualWheel()
    expect(wheel.now()).toBe(0)
    wheel.advance(250)
    expect(wheel.now()).toBe(250)
    await wheel.pass(250)
    expect(wheel.now()).toBe(500)
  })

  test('rings what becomes due on the way, at its time', () => {
    const wheel = manualWheel()
    const rungAt: number[] = []
    const again = wheel.alarm(() => {
      rungAt.push(wheel.now())
      if (rungAt.length < 3) again.setIn(300)
    })
    again.setIn(300)
    wheel.advance(1000)
    expect(rungAt).toEqual([300, 600, 900])
  })

  test('has steps as long as a test wants', () => {
    const wheel = manualWheel({ stepMs: 10 })
    let rungAt = 0
    wheel
      .alarm(() => {
        rungAt = wheel.now()
      })
      .setIn(25)
    wheel.advance(1000)
    expect(rungAt).toBe(30)
  })

  test('lets promises go on between the steps when it passes', async () => {
    const wheel = manualWheel()
    const rungAt: number[] = []
    const wait = (ms: number) => new Promise<void>((resolve) => wheel.alarm(resolve).setIn(ms))
    const chain = async () => {
      for (let count = 0; count < 3; count++) {
        await wait(200)
        rungAt.push(wheel.now())
      }
    }
    void chain()
    await wheel.pass(1000)
    expect(rungAt).toEqual([200, 400, 600])
    expect(wheel.size).toBe(0)
  })
})
