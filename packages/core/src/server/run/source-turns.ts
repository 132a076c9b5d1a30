import { setImmediate as nextTurn } from 'node:timers/promises'
import { currentTurn } from '../delivery/flush.ts'

/** How many parts a source that never waits may yield before everything else in the process has its turn. */
const MAX_PARTS_PER_TURN = 512

/** Interrupts a source that never waits: it would hold the event loop until it ends. */
export class SourceTurns {
  /** The turn of the event loop that the last part came in, and how many came in it before that one. */
  #turn = currentTurn()
  #parts = 0

  /** Counts a part. The next one has to wait for the promise, if there is one. */
  count(): Promise<void> | undefined {
    this.#parts = this.#turn === currentTurn() ? this.#parts + 1 : 0
    this.#turn = currentTurn()
    if (this.#parts < MAX_PARTS_PER_TURN) return undefined
    // Without viewers nothing is flushed, so the next turn may have the same number.
    this.#parts = 0
    return nextTurn()
  }
}
