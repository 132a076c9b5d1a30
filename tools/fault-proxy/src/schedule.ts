import { seededRandom } from '@sluice/random'
import type { Ending, Fault } from './fault.ts'

/** The options of a {@link schedule}. */
export interface ScheduleOptions {
  /** How many connections it has faults for, at most. @default 6 */
  readonly maxFaults?: number
  /** Before how many bytes a connection ends, at the latest. @default 3_000 */
  readonly maxBytes?: number
}

const ENDINGS: readonly Ending[] = ['close', 'reset', 'silence', 'truncate']

/** The faults of the next connections, in turn: always the same for the same seed. */
export function schedule(seed: number, options: ScheduleOptions = {}): Fault[] {
  const { maxFaults = 6, maxBytes = 3_000 } = options
  const random = seededRandom(seed)
  const upTo = (limit: number) => Math.floor(random() * limit)

  function fault(): Fault {
    if (random() < 0.1) return { page: true }
    return {
      ending: ENDINGS[upTo(ENDINGS.length)]!,
      after: upTo(maxBytes),
      ...(random() < 0.6 ? { pieces: pieces() } : {}),
      turns: upTo(3),
      delayMs: random() < 0.2 ? upTo(10) : 0,
    }
  }

  function pieces(): number[] {
    // One byte at a time splits everything that can be split.
    if (random() < 0.3) return [1]
    return Array.from({ length: 1 + upTo(4) }, () => 1 + upTo(400))
  }

  return Array.from({ length: upTo(maxFaults + 1) }, fault)
}
