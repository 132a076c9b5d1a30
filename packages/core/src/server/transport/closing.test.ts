import { expect, test } from 'vitest'
import { manualClock } from '../../testing/index.ts'
import { createHub } from '../hub/hub.ts'
import { memoryLog } from '../log/memory-log.ts'
import { checkCloseDeadline, closeHub } from './closing.ts'

test('a close deadline, with the time for sockets, has to be below the pluginTimeout', () => {
  expect(() => checkCloseDeadline({ closeDeadlineMs: 9_999 })).not.toThrow()
  expect(() => checkCloseDeadline({ closeDeadlineMs: 10_000 })).toThrow(/closeDeadlineMs \(10000\)/)
  expect(() => checkCloseDeadline({ closeDeadlineMs: 9_500 }, undefined, 1_000)).toThrow(/1000 ms/)
  expect(() => checkCloseDeadline({ closeDeadlineMs: 60_000 }, 0)).not.toThrow()
})

test('a hub that somebody else has begun to close is closed by its own deadline', async () => {
  const clock = manualClock()
  const hub = createHub({ streams: {}, log: memoryLog({ clock }), clock, closeDeadlineMs: 1_000 })
  const early = hub.close({ deadlineMs: 400 })
  expect(closeHub(hub).closeBy).toBe(clock.now() + 400)
  await early
})

test('a hub that nobody has begun to close has its whole deadline', async () => {
  const clock = manualClock()
  const hub = createHub({ streams: {}, log: memoryLog({ clock }), clock, closeDeadlineMs: 1_000 })
  const { closed, closeBy } = closeHub(hub)
  expect(closeBy).toBe(clock.now() + 1_000)
  await closed
})
