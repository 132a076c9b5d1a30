import { Attempt } from '../network/attempt.ts'
import { RetrySchedule } from './retry-schedule.ts'

const NEVER = new AbortController().signal

/** How long one answer may take, in milliseconds: somebody has pressed Stop. */
const ANSWER_MS = 10_000

/** Five tries within some seconds. Time offline does not count. */
const POLICY = { baseMs: 300, capMs: 3_000, maxRetries: 4, maxElapsedMs: 60_000 }

/**
 * Asks for the generation to stop until the server has confirmed.
 * @throws {StreamingError} the last reason why not.
 */
export async function requestCancel(cancel: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const retries = new RetrySchedule(POLICY)
  while (true) {
    const attempt = new Attempt()
    try {
      return await attempt.within(ANSWER_MS, cancel(attempt.signal))
    } catch (thrown) {
      await retries.wait(thrown, NEVER, () => {})
    }
  }
}
