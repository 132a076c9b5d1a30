import { drawDelay, RETRY_DEFAULTS, type Retry, type RetryPolicy, StreamingError } from '@sluice/core'
import { abortable } from '../network/abortable.ts'
import { isPermanent, toFailure } from '../network/failures.ts'
import { isOnline, onBackOnline } from '../network/online.ts'
import type { Waiting } from '../snapshot.ts'

/** A person is waiting in front of it: at most 15 s between tries, and five minutes without any progress. */
const DEFAULTS: RetryPolicy = { ...RETRY_DEFAULTS, capMs: 15_000, maxElapsedMs: 300_000 }

/** A timer that is so late, in milliseconds, has slept: the machine did, or the tab. */
const SLEPT_MS = 30_000

/**
 * When to try again, and when to give up. The limits of the policy count from the last progress. A train with a
 * tunnel a minute never has a stable connection, but it arrives.
 *
 * The waits begin small again after progress, too: a line that flaps must not make its reader wait ever longer
 * for text that is there. That is kind enough to a server, because each of its connections has then done work that
 * is never asked for again (a repeat is no progress), and no two clients come back in the same instant: the first
 * wait has the full jitter as well. If a connection brings nothing, the waits double.
 */
export class RetrySchedule {
  readonly #policy: RetryPolicy
  #failures = 0
  #failingSince: number | undefined
  /** The waits since they were last small. */
  #waits = 0
  #connectedAt: number | undefined

  constructor(policy: Partial<RetryPolicy>) {
    this.#policy = { ...DEFAULTS, ...policy }
  }

  /** A connection stands. When it has for the policy's `stableMs`, the waits begin small again. */
  connected(): void {
    this.#connectedAt = performance.now()
  }

  /** An event came that had not come before. */
  progressed(): void {
    this.#failures = 0
    this.#failingSince = undefined
    this.#waits = 0
  }

  /**
   * Waits until it is time for the next try; says first what for. When the network comes back, that is now. While
   * it is away, nothing is used up; a try is made every `capMs` even so, because what a browser calls offline may
   * still reach this machine or this house.
   *
   * @throws {StreamingError} if another try is pointless, or when it is time to give up.
   */
  async wait(thrown: unknown, signal: AbortSignal, onWait: (waiting: Waiting) => void): Promise<void> {
    const error = toFailure(thrown)
    if (isPermanent(error)) throw error
    const isAway = !isOnline()
    const retry = isAway ? { delayMs: this.#policy.capMs, retryCount: 0 } : this.#next(error)
    if (retry === undefined) throw this.#givenUp(error)
    onWait(isAway ? { for: 'online', error } : { for: 'retry', ...retry, error })

    const began = performance.now()
    const cameBack = await abortable<boolean>(signal, (resolve) => {
      const timer = setTimeout(resolve, retry.delayMs, false)
      const unwatch = onBackOnline(() => resolve(true))
      return () => {
        clearTimeout(timer)
        unwatch()
      }
    })
    const hasSlept = performance.now() - began - retry.delayMs > SLEPT_MS
    if (isAway || cameBack || hasSlept) this.progressed()
  }

  #next({ retryAfterMs = 0 }: StreamingError): Retry | undefined {
    const { maxRetries, maxElapsedMs, stableMs } = this.#policy
    const now = performance.now()
    if (this.#connectedAt !== undefined && now - this.#connectedAt >= stableMs) this.#waits = 0
    this.#connectedAt = undefined
    this.#failingSince ??= now
    this.#failures += 1
    if (this.#failures > maxRetries) return undefined
    // Not the jitter too: the first failure after progress always gets another try.
    if (now + retryAfterMs - this.#failingSince > maxElapsedMs) return undefined
    const delayMs = drawDelay(this.#policy, this.#waits, retryAfterMs)
    this.#waits += 1
    return { delayMs, retryCount: this.#failures }
  }

  /** The server's own reason, if there is one; else that the network stayed away. */
  #givenUp(last: StreamingError): StreamingError {
    if (last.type !== 'connection_lost') return last
    const retryCount = this.#failures - 1
    const message = `The connection is lost, also after ${retryCount} more tries.`
    return new StreamingError('connection_lost', message, { retryCount, cause: last })
  }
}
