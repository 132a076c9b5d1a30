import { Backoff, RETRY_DEFAULTS, type Retry, type RetryPolicy, StreamingError } from '@sluice/core'
import { abortable } from './abortable.ts'
import { isFinal, toFailure } from './failure.ts'
import { network } from './network.ts'
import type { Waiting } from './snapshot.ts'

/** A person is waiting in front of it: at most 15 s between tries, and five minutes without any progress. */
const CLIENT_RETRY: RetryPolicy = { ...RETRY_DEFAULTS, capMs: 15_000, maxElapsedMs: 300_000 }

/** A timer that is so late, in milliseconds, has slept: the machine did, or the tab. */
const SLEPT_MS = 30_000

/**
 * When to try again, and when to give up. The waits are core's `Backoff`; what they may use up is counted from
 * the last progress. A train with a tunnel a minute never has a stable connection, but it arrives.
 */
export class Recovery {
  readonly #policy: RetryPolicy
  #backoff: Backoff
  #failures = 0
  #failingSince: number | undefined

  constructor(policy: Partial<RetryPolicy>) {
    this.#policy = { ...CLIENT_RETRY, ...policy }
    this.#backoff = this.#fresh()
  }

  /** A connection stands. When it has for the policy's `stableMs`, the waits begin small again. */
  connected(): void {
    this.#backoff.succeeded()
  }

  /** An event came. */
  progressed(): void {
    this.#failures = 0
    this.#failingSince = undefined
  }

  /**
   * Waits until it is time for the next try; says first what for. When the network comes back, that is now. While
   * it is away, nothing is used up; a try is made every `capMs` even so, because what a browser calls offline may
   * still reach this machine or this house.
   *
   * @throws {StreamingError} where another try is pointless, or when it is time to give up.
   */
  async wait(thrown: unknown, signal: AbortSignal, onWait: (waiting: Waiting) => void): Promise<void> {
    const error = toFailure(thrown)
    if (isFinal(error)) throw error
    const { isOnline } = network
    const retry = isOnline ? this.#next(error) : { delayMs: this.#policy.capMs, retryCount: 0 }
    if (retry === undefined) throw this.#givenUp(error)
    onWait(isOnline ? { for: 'retry', ...retry, error } : { for: 'online', error })

    const began = performance.now()
    const cameBack = await abortable<boolean>(signal, (resolve) => {
      const timer = setTimeout(resolve, retry.delayMs, false)
      const unwatch = network.watch((isBack) => isBack && resolve(true))
      return () => {
        clearTimeout(timer)
        unwatch()
      }
    })
    const hasSlept = performance.now() - began - retry.delayMs > SLEPT_MS
    if (!isOnline || cameBack || hasSlept) {
      this.progressed()
      this.#backoff = this.#fresh()
    }
  }

  #next({ retryAfterMs }: StreamingError): Retry | undefined {
    const now = performance.now()
    this.#failingSince ??= now
    this.#failures += 1
    const retry = this.#backoff.failed({ retryAfterMs })
    if (retry === undefined || this.#failures > this.#policy.maxRetries) return undefined
    // Not the jitter too: the first failure after progress always gets another try.
    if (now + (retryAfterMs ?? 0) - this.#failingSince > this.#policy.maxElapsedMs) return undefined
    return { delayMs: retry.delayMs, retryCount: this.#failures }
  }

  /** The server's own reason, where there is one; else that the network stayed away. */
  #givenUp(last: StreamingError): StreamingError {
    if (last.type !== 'connection_lost') return last
    const retryCount = this.#failures - 1
    const message = `The connection was lost, and ${retryCount} more tries did not bring it back.`
    return new StreamingError('connection_lost', message, { retryCount, cause: last })
  }

  /** The bounds are kept here, since they count otherwise. */
  #fresh(): Backoff {
    const unbounded = Number.POSITIVE_INFINITY
    return new Backoff({ ...this.#policy, maxRetries: unbounded, maxElapsedMs: unbounded })
  }
}
