import type { ErrorType, StreamingError } from '../../errors.ts'
import type { Clock } from '../clock.ts'
import type { MaybePromise } from '../log/log.ts'

/** A failed attempt, and what the policy would do about it. */
export interface Failure {
  readonly streamId: string
  readonly error: StreamingError
  /** The attempts that have failed, this one included. */
  readonly failures: number
  /** When the policy would ask again, in milliseconds; `undefined`: it would not. */
  readonly delayMs: number | undefined
}

/** What a recovery callback makes of a {@link Failure}. What it leaves out stays as the policy has it. */
export interface Recovery {
  /** `false` ends the stream. `true` asks again even for an error that is not worth it by itself (a key was renewed). */
  readonly retry?: boolean
  /** How long to wait, in milliseconds. */
  readonly delayMs?: number
}

/** Has a say in what follows an error. What it throws, and what takes it longer than a second, changes nothing. */
export type Recover = (failure: Failure) => MaybePromise<Recovery | undefined>

/** Recovery callbacks by error type. */
export type RecoverByType = Readonly<Partial<Record<ErrorType, Recover>>>

const PATIENCE_MS = 1000

/** Asks a recovery callback, for a bounded time. */
export function askRecovery(recover: Recover, failure: Failure, clock: Clock): Promise<Recovery | undefined> {
  return new Promise((resolve) => {
    const patience = clock.alarm(() => resolve(undefined))
    patience.setIn(PATIENCE_MS)
    const settle = (recovery?: Recovery): void => {
      patience.clear()
      resolve(recovery)
    }
    const asked = (async () => recover(failure))()
    // Its failure is no reason for another: the policy stands.
    asked.then(settle, () => settle())
  })
}
