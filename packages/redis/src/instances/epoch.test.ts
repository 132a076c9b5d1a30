import { manualClock } from '@sluice/core/testing'
import { expect, test } from 'vitest'
import type { Connection } from '../connection/connection.ts'
import { slotOf } from '../connection/slots.ts'
import { Keys } from '../find/keys.ts'
import type { LogContext } from '../log-context.ts'
import { boundsOf } from '../options.ts'
import { Epoch } from './epoch.ts'

/** A Redis that keeps marks, and can lose them. */
function marked(slots?: readonly { readonly master: unknown }[]) {
  const kept = new Map<string, string>()
  // SET … NX GET
  const command = async (_key: string, [, key, mark]: readonly string[]) => {
    const before = kept.get(key!) ?? null
    if (before === null) kept.set(key!, mark!)
    return before
  }
  const clock = manualClock()
  const context = {
    connection: { command, slots } as unknown as Connection,
    clock,
    keys: new Keys(''),
    bounds: boundsOf({ leaseMs: 1000 }),
  }
  return { epoch: new Epoch(context as unknown as LogContext), kept, clock }
}

test('after a loss what is missing may come back for a lease, and no longer', async () => {
  const { epoch, kept, clock } = marked()
  await epoch.look()
  expect(await epoch.isNewFor('s')).toBe(false)
  kept.clear()
  expect(await epoch.isNewFor('s')).toBe(true)
  await clock.pass(900)
  expect(await epoch.isNewFor('s')).toBe(true)
  await clock.pass(200)
  expect(await epoch.isNewFor('s')).toBe(false)
})

test('in a Cluster each shard has a mark, and what one has lost is missing there alone', async () => {
  const [one, two] = [{ master: 1 }, { master: 2 }]
  const slots = Array.from({ length: 16_384 }, (_, slot) => (slot < 8192 ? one : two))
  const { epoch, kept } = marked(slots)
  await epoch.look()
  expect(kept.size).toBe(2)
  const [low, high] = [true, false].map(
    (isLow) => ['a', 'b', 'c', 'd'].find((id) => slotOf(id) < 8192 === isLow)!,
  )
  for (const key of kept.keys()) if (slotOf(key.slice(1, -1)) < 8192) kept.delete(key)
  expect([await epoch.isNewFor(low!), await epoch.isNewFor(high!)]).toEqual([true, false])
})
