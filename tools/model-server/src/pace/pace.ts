import { setImmediate } from 'node:timers/promises'
import { seededRandom } from '@sluice/random'
import { Alarm } from './alarm.ts'

/** How fast a model talks. */
export interface Pace {
  /**
   * Time to the first token, in milliseconds.
   * @default 250
   */
  readonly ttftMs: number
  /**
   * Tokens per second after the first; `Infinity` is as fast as the reader takes them.
   * @default 60
   */
  readonly tokensPerSecond: number
  /**
   * How much a gap may differ from the mean gap, as a share of it (0 to 1): with 0.3 a gap is between 0.7 and
   * 1.3 times the mean.
   * @default 0.3
   */
  readonly jitter: number
  /**
   * The seed of the jitter; the same seed gives the same gaps.
   * @default 1
   */
  readonly seed: number
}

/** Differences from a pace. */
export type PaceChange = { readonly [Key in keyof Pace]?: Pace[Key] | undefined }

/** A pace with some of it changed; what is undefined stays. */
export function changed(pace: Pace, change: PaceChange): Pace {
  return {
    ttftMs: change.ttftMs ?? pace.ttftMs,
    tokensPerSecond: change.tokensPerSecond ?? pace.tokensPerSecond,
    jitter: change.jitter ?? pace.jitter,
    seed: change.seed ?? pace.seed,
  }
}

/** The pace of a real small model. */
export const defaultPace: Pace = { ttftMs: 250, tokensPerSecond: 60, jitter: 0.3, seed: 1 }

/** The most tokens that are handed on at once: enough to be fast, few enough to let other streams in between. */
const maxBatch = 64

/**
 * Hands on the pieces of an answer in batches, each batch when it is due.
 *
 * Due times are counted from the start and not from the last timer, so a late timer is caught up with and the
 * rate holds; what is due together is handed on together, so there is at most one timer per batch. Ends early,
 * without an error, when `signal` is aborted.
 */
export async function* paced<Piece extends { readonly tokens: number }>(
  pieces: Iterable<Piece>,
  pace: Pace,
  signal: AbortSignal,
): AsyncGenerator<readonly Piece[], void, void> {
  const random = seededRandom(pace.seed)
  const vary = (ms: number) => ms * (1 + pace.jitter * (2 * random() - 1))
  const meanGapMs = 1000 / pace.tokensPerSecond
  using alarm = new Alarm(signal)

  let dueMs = performance.now() + vary(pace.ttftMs)
  let batch: Piece[] = []
  for (const piece of pieces) {
    if (batch.length === maxBatch || (batch.length > 0 && dueMs > performance.now())) {
      yield batch
      // Without this turn of the event loop a fast answer would keep a hang-up from being noticed.
      if (batch.length === maxBatch) await setImmediate()
      batch = []
    }
    while (dueMs > performance.now() && !signal.aborted) await alarm.after(dueMs - performance.now())
    if (signal.aborted) return
    batch.push(piece)
    for (let token = 0; token < piece.tokens; token++) dueMs += vary(meanGapMs)
  }
  if (batch.length > 0) yield batch
}
