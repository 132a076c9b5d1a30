import { manualClock } from '@sluice/core/testing'
import { expect, test } from 'vitest'
import { Keys } from '../find/keys.ts'
import type { LogContext } from '../log-context.ts'
import { boundsOf } from '../options.ts'
import { DUE_LEASES } from '../scripts/index-keys.ts'
import type { Epoch } from './epoch.ts'
import { Heartbeat } from './heartbeat.ts'
import { Reaper } from './reaper.ts'
import type { Succession } from './succession.ts'

test('after a Redis that stood still, the dead are looked for a whole lease later: the living could not renew', async () => {
  const clock = manualClock()
  let answer = Promise.resolve()
  let looks = 0
  const connection = {
    probe: () => answer,
    run: async (script: unknown) => {
      if (script === DUE_LEASES) looks += 1
      return [0]
    },
  }
  const given = { connection, clock, keys: new Keys(''), bounds: boundsOf({ leaseMs: 900 }) }
  const context = given as unknown as LogContext
  const reaper = new Reaper(context, {} as Succession)
  const epoch = { look: async () => {} } as Epoch
  const heartbeat = new Heartbeat({ context, reaper, epoch, writers: () => [], readers: () => [] })
  await clock.pass(1_000)
  expect(looks).toBe(1)

  const { promise, resolve } = Promise.withResolvers<void>()
  answer = promise
  await clock.pass(700)
  answer = Promise.resolve()
  resolve()
  await clock.pass(800)
  expect(looks).toBe(1)
  await clock.pass(400)
  expect(looks).toBe(2)
  heartbeat.stop()
})
