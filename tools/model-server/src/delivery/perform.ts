import { type Plan, pieces } from '../answers/plan.ts'
import { type Pace, paced } from '../pace/pace.ts'
import type { Frame, Wire } from './wire.ts'

/**
 * Says a plan over a wire at a pace, as batches of frames that are due together. It ends early, without an
 * error, when `signal` is aborted.
 */
export async function* perform(
  plan: Plan,
  wire: Wire,
  pace: Pace,
  signal: AbortSignal,
): AsyncGenerator<readonly Frame[], void, void> {
  yield wire.begin()
  for await (const batch of paced(pieces(plan), pace, signal)) {
    yield batch.flatMap((piece) => wire.say(piece))
  }
  if (!signal.aborted) yield wire.end(plan.finish)
}
