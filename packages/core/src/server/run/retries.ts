import { Backoff, type Retry, type RetryPolicy } from '../../backoff.ts'
import { type ErrorType, StreamingError } from '../../errors.ts'
import type { Clock } from '../clock.ts'

/** An attempt that failed, and the decision of the policy. */
export interface FailedAttempt {
  readonly streamId: string
  readonly error: StreamingError
  /** The attempts that have failed, this one included. */
  readonly failures: number
  /** When the policy would ask again, in milliseconds; `undefined`: it would not. */
  readonly delayMs: number | undefined
}

/** The decision of a {@link DecideRetry} callback. Fields that it leaves out stay as the policy has them. */
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

/** When a run asks its provider again. */
export interface RunRetry extends Partial<RetryPolicy> {
  /**
   * The reaction to an error after the first chunk. `fail` ends the stream. `restart` voids the answer so far (viewers are
   * told by `stream_retry`) and asks again. `continue` keeps the answer so far, and asks again with it as `soFar`: `run`
   * has to ask its provider to go on from there, and the parts that it yields are appended. An answer that broke off within a tool call
   * cannot be gone on with, and begins anew. Before the first chunk a retry is invisible.
   * @default 'fail'
   */
  readonly afterFirstChunk?: 'fail' | 'restart' | 'continue'
  /** The longest `Retry-After` of a provider that is believed, and told to pages, in milliseconds. @default 3_600_000 */
  readonly maxRetryAfterMs?: number
  /** Decides on a retry after an error, by its type: may delay it, veto it, or ask for one. @default {} */
  readonly decide?: DecideRetryByType
}

const RUN_RETRY_DEFAULTS = { maxRetries: 2, maxElapsedMs: 120_000 }
/** How long a {@link DecideRetry} callback may take. */
const DECIDE_MS = 1_000
/** The default of {@link RunRetry.maxRetryAfterMs}. */
const MAX_RETRY_AFTER_MS = 3_600_000

/** Decides after each failed attempt of a run whether another one follows, and when. */
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
  if (retryAfterMs === undefined) return error
  // What is no time to wait says nothing.
  const bounded = retryAfterMs >= 0 ? Math.min(retryAfterMs, maxRetryAfterMs) : undefined
  if (bounded === retryAfterMs) return error
  return new StreamingError(type, message, {
    recoverable,
    status,
    retryAfterMs: bounded,
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
