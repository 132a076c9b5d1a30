import { StreamingError } from './errors.ts'

/**
 * The states that can follow each state: one table for the run on the server and the session in the client.
 * The diagram in `PROTOCOL.md` is generated from it.
 */
export const TRANSITIONS = {
  idle: ['connecting', 'cancelled'],
  connecting: ['streaming', 'error', 'cancelled'],
  streaming: ['paused', 'connecting', 'completed', 'error', 'cancelled'],
  paused: ['streaming', 'connecting', 'completed', 'error', 'cancelled'],
  completed: [],
  error: [],
  cancelled: [],
} as const satisfies Record<string, readonly string[]>

/** A state of a run or a session. */
export type StreamState = keyof typeof TRANSITIONS

/** Whether a state is one that no other state follows. */
export function isFinal(state: StreamState): state is 'completed' | 'error' | 'cancelled' {
  // Not by the table, which pages then need not load.
  return state === 'completed' || state === 'error' || state === 'cancelled'
}

/**
 * The next state, if the table has a transition to it.
 * @throws {StreamingError} `unexpected_error` if it has none, which is always a defect.
 */
export function transition(from: StreamState, to: StreamState): StreamState {
  if ((TRANSITIONS[from] as readonly StreamState[]).includes(to)) return to
  throw new StreamingError('unexpected_error', `A stream cannot go from '${from}' to '${to}'.`)
}
