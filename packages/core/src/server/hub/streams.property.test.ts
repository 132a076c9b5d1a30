import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { schedules } from '../../../test/model/commands.ts'
import { World } from '../../../test/model/world.ts'

/** 2,000 by default; `npm run test:soak` has 50,000. */
const SCHEDULES = Number(process.env.SLUICE_SCHEDULES ?? 2000)
/** A failure prints its seed and path: `SLUICE_SEED=… SLUICE_PATH=… vitest run streams.property -t short` (or long) plays it again. */
const replay = {
  ...(process.env.SLUICE_SEED === undefined ? {} : { seed: Number(process.env.SLUICE_SEED) }),
  ...(process.env.SLUICE_PATH === undefined ? {} : { path: process.env.SLUICE_PATH }),
}

describe(`${SCHEDULES} random schedules`, () => {
  const share = (of: number) => Math.max(1, Math.ceil(SCHEDULES * of))
  const timeout = 30_000 + SCHEDULES * 60

  test.each([
    ['short ones', share(0.6), 25],
    ['long ones', share(0.4), 100],
  ])(
    '%s: every viewer sees one and the same text, within all bounds, to its end',
    async (_kind, numRuns, length) => {
      await fc.assert(
        fc.asyncProperty(schedules(length), async (schedule) => {
          expect(await World.play(schedule)).toEqual([])
        }),
        { numRuns, timeout: 10_000, ...replay },
      )
    },
    timeout,
  )
})
