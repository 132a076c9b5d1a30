import { manualWheel } from '@sluice/core/testing'
import { expect, test } from 'vitest'
import type { Connection } from './connection.ts'
import { Epoch } from './epoch.ts'
import { Keys } from './keys.ts'
import { boundsOf } from './options.ts'
import type { Store } from './store.ts'

test('after a loss what is missing may come back for a lease, and no longer', async () => {
  let kept: string | null = null
  // SET … NX GET
  const command = async (_key: string, [, , mark]: readonly string[]) => {
    const before = kept
    kept ??= mark!
    return before
  }
  const wheel = manualWheel()
  const store = {
    connection: { command } as unknown as Connection,
    wheel,
    keys: new Keys(''),
    bounds: boundsOf({ leaseMs: 1000 }),
  }
  const epoch = new Epoch(store as unknown as Store)
  expect([await epoch.isNew(), await epoch.isNew()]).toEqual([false, false])
  kept = null
  expect(await epoch.isNew()).toBe(true)
  await wheel.pass(900)
  expect(await epoch.isNew()).toBe(true)
  await wheel.pass(200)
  expect(await epoch.isNew()).toBe(false)
})
