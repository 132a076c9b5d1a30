import { setImmediate as nextTurn } from 'node:timers/promises'

/** Bounds of a log at which a run soon waits for who reads. */
export const smallLog = { maxStreamBytes: 65_536, resumeMarginBytes: 4096 }

/** Resolves when a count no longer moves: what runs waits for something. */
export async function settled(count: () => number): Promise<number> {
  for (let seen = -1, turns = 0; turns < 100; turns++) {
    await nextTurn()
    if (count() !== seen) turns = 0
    seen = count()
  }
  return count()
}
