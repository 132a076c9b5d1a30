import { describe, expect, test } from 'vitest'
import { AdaptiveWindow } from './adaptive-window.ts'
import { ReceiveWindow, type ReceiveWindowOptions } from './receive-window.ts'

const clock = { now: 0 }
const now = () => clock.now

function fixed(size: number, options: ReceiveWindowOptions = {}): ReceiveWindow {
  const window = new AdaptiveWindow({ initial: size, floor: size, ceiling: size, now })
  return new ReceiveWindow({ window, now, ...options })
}

describe('ReceiveWindow', () => {
  test('acks what was processed, not what has arrived', () => {
    const window = fixed(10, { after: 40 })
    expect(window).toMatchObject({ declared: 10, limit: 50 })
    window.received(50)
    expect(window.ackDueInMs).toBe(Number.POSITIVE_INFINITY)
    window.processed(41)
    expect(window.ackDueInMs).toBe(0)
    expect(window.ack()).toEqual({ chunkId: 41, limit: 51, queueLength: 9 })
  })

  test('waits two seconds for little, 50 ms for what comes quickly, and not at all from half of the window', () => {
    const window = fixed(16)
    window.processed(1)
    window.ack()
    window.processed(2)
    expect(window.ackDueInMs).toBe(2000)
    clock.now += 20
    window.processed(3)
    expect(window.ackDueInMs).toBe(30)
    window.processed(8)
    expect(window.ackDueInMs).toBe(30)
    window.processed(9)
    expect(window.ackDueInMs).toBe(0)
    expect(window.ack()).toEqual({ chunkId: 9, limit: 25, queueLength: 0 })
    expect(window.ackDueInMs).toBe(Number.POSITIVE_INFINITY)
    window.processed(10)
    clock.now += 1999
    expect(window.ackDueInMs).toBe(1)
    clock.now += 1
    expect(window.ackDueInMs).toBe(0)
  })

  test('waits two seconds for what comes so slowly that half of the window lasts as long', () => {
    const window = fixed(16)
    window.processed(1)
    window.ack()
    const dueInMs: number[] = []
    for (let chunkId = 2; chunkId <= 7; chunkId++) {
      window.processed(chunkId)
      dueInMs.push(window.ackDueInMs)
      clock.now += 80
    }
    expect(dueInMs).toEqual([2000, 1920, 1840, 1760, 1680, 1600])
  })

  test('does not wait long if the server grants less than it was asked for', () => {
    const adaptive = new AdaptiveWindow({ now })
    const window = new ReceiveWindow({ window: adaptive, now })
    expect(window.declared).toBe(256)
    window.processed(2)
    window.ack()
    adaptive.limitTo(8)
    window.processed(3)
    expect(window.ackDueInMs).toBe(50)
  })

  test('acks each chunk of a window of one at once', () => {
    const window = fixed(1)
    for (let chunkId = 1; chunkId < 10; chunkId++) {
      window.processed(chunkId)
      expect(window.ackDueInMs).toBe(0)
      expect(window.ack()).toMatchObject({ chunkId, limit: chunkId + 1 })
    }
  })

  test('repeats itself when asked to, and takes nothing back', () => {
    const window = fixed(10)
    window.processed(7)
    const ack = window.ack()
    expect(window.ack()).toEqual(ack)
    window.received(3)
    window.processed(3)
    window.processed(Number.NaN)
    expect(window.ack()).toEqual(ack)
  })

  test('keeps the limit unchanged while a smaller window comes near it', () => {
    const window = new AdaptiveWindow({ initial: 64, floor: 8, now })
    const receive = new ReceiveWindow({ window, now })
    receive.received(64)
    const limits: number[] = []
    for (let chunkId = 1; chunkId <= 60; chunkId++) {
      clock.now += 200
      receive.processed(chunkId)
      if (receive.ackDueInMs === 0) limits.push(receive.ack().limit)
    }
    expect(window.size).toBe(8)
    expect(new Set(limits.slice(0, -3))).toEqual(new Set([65]))
    expect(limits.slice(-3)).toEqual([66, 67, 68])
  })

  test('takes a round trip from an ack to the first chunk that it allowed', () => {
    const window = new AdaptiveWindow({ initial: 16, now })
    const receive = new ReceiveWindow({ window, now })
    receive.received(16)
    receive.processed(4)
    receive.ack()
    clock.now += 30
    receive.processed(8)
    receive.ack()
    clock.now += 90
    expect(window.roundTripMs).toBeUndefined()
    receive.received(17)
    expect(window.roundTripMs).toBe(120)
    receive.processed(17)
    receive.ack()
    clock.now += 5000
    receive.received(30)
    expect(window.roundTripMs).toBe(120)
    receive.processed(30)
    const limitBefore = receive.limit
    receive.ack()
    clock.now += 80
    receive.received(limitBefore + 1)
    expect(window.roundTripMs).toBe(80)
  })

  test('goes on in a new attachment with what the window has learnt', () => {
    const window = new AdaptiveWindow({ initial: 100, ceiling: 100, now })
    const before = new ReceiveWindow({ window, now })
    before.processed(30)
    before.ack()
    const after = new ReceiveWindow({ after: 30, window, now })
    expect(after).toMatchObject({ declared: 100, limit: 130 })
    expect(after.ackDueInMs).toBe(Number.POSITIVE_INFINITY)
  })
})
