import { setImmediate as nextTurn } from 'node:timers/promises'

/**
 * Lets the event loop turn a few times: what has been handed to a run by now is appended, and what viewers can
 * take of it is written. It waits for no timer, so a test that uses it is as fast as the code.
 */
export async function settle(turns = 3): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await nextTurn()
}
