import { Backoff, type Retry } from '../../backoff.ts'
import { type ErrorType, StreamingError } from '../../errors.ts'
import type { Clock } from '../clock.ts'
import type { RunRetry } from '../definition/define-stream.ts'

/** An attempt that failed, and what the policy would do about it. */
export interface FailedAttempt {
  readonly streamId: string
  readonly error: StreamingError
  /** The attempts that have failed, this one included. */
  readonly failures: number
  /** When the policy would ask again, in milliseconds; `undefined`: it would not. */
  readonly delayMs: number | undefined
}

/** What a {@link DecideRetry} callback decides. What it leaves out stays as the policy has it. */
export interface RetryDecision {
  /** `false` ends the stream. `true` asks again, also after an error that is not recoverable (a key was renewed). */
  readonly retry?: boolean
  /** How long to wait, in milliseconds. */
  readonly delayMs?: number
}

/** Decides whether a run asks again. If it throws, or takes longer than a second, the policy decides alone. */
export type DecideRetry = (
  failed: FailedAttempt,
) => RetryDecision | undefined | Promise<RetryDecision | undefined>

/** {@link DecideRetry} callbacks by error type. */
export type DecideRetryByType = Readonly<Partial<Record<ErrorType, DecideRetry>>>

const RUN_RETRY_DEFAULTS = { maxRetries: 2, maxElapsedMs: 120_000 }
/** How long a {@link DecideRetry} callback may take. */
const DECIDE_MS = 1_000
/** The default of {@link RunRetry.maxRetryAfterMs}. */
const MAX_RETRY_AFTER_MS = 3_600_000

/** What follows the failed attempts of one run. */
export class Retries {
  readonly #policy: RunRetry
  readonly #backoff: Backoff
  readonly #clock: Clock

  constructor(policy: RunRetry, clock: Clock) {
    this.#policy = policy
    this.#backoff = new Backoff({ ...RUN_RETRY_DEFAULTS, ...policy }, { now: clock.now })
    this.#clock = clock
  }

  /** The provider has begun to answer. */
  succeeded(): void {
    this.#backoff.succeeded()
  }

  /** The next attempt, or `undefined` if there is none. `mayAskAgain`: whether the stream could take another answer. */
  async next(failed: Omit<FailedAttempt, 'delayMs'>, mayAskAgain: boolean): Promise<Retry | undefined> {
    const { error } = failed
    const nextTry = (): Retry | undefined => this.#backoff.failed({ retryAfterMs: error.retryAfterMs })
    const retry = mayAskAgain && error.recoverable ? nextTry() : undefined
    const decide = this.#policy.decide?.[error.type]
    if (decide === undefined) return retry
    const decision = await this.#ask(decide, { ...failed, delayMs: retry?.delayMs })
    if (decision?.retry === false) return undefined
    const decided = decision?.retry === true && mayAskAgain && !error.recoverable ? nextTry() : retry
    return decided && isDelay(decision?.delayMs) ? { ...decided, delayMs: decision.delayMs } : decided
  }

  #ask(decide: DecideRetry, failed: FailedAttempt): Promise<RetryDecision | undefined> {
    return new Promise((resolve) => {
      const timeout = this.#clock.alarm(() => resolve(undefined))
      timeout.setIn(DECIDE_MS)
      const settle = (decision?: RetryDecision): void => {
        timeout.clear()
        resolve(decision)
      }
      // That it fails is no reason for another failure: the policy stands.
      const asked = (async () => decide(failed))()
      asked.then(settle, () => settle())
    })
  }
}

/** The error, with what the provider says of the wait bounded: a number from outside goes to timers and to pages. */
export function withBoundedRetryAfter(error: StreamingError, policy: RunRetry = {}): StreamingError {
  const { maxRetryAfterMs = MAX_RETRY_AFTER_MS } = policy
  const { type, message, recoverable, status, retryAfterMs, retryCount, issues, context, cause } = error
  if (retryAfterMs === undefined || retryAfterMs <= maxRetryAfterMs) return error
  return new StreamingError(type, message, {
    recoverable,
    status,
    retryAfterMs: maxRetryAfterMs,
    retryCount,
    issues,
    context,
    cause: cause ?? error,
  })
}

/** A delay that a callback gives is taken if it can be waited for. */
function isDelay(delayMs: number | undefined): delayMs is number {
  return delayMs !== undefined && delayMs >= 0 && delayMs < Number.POSITIVE_INFINITY
}
