import type { RestartPlan, StreamRecord } from '@sluice/core/server'
import type { LogContext } from '../log-context.ts'
import { FORMAT_VERSION } from '../read/stream-state.ts'

/** What writes the stream. */
export interface CreatedStream {
  readonly record: StreamRecord
  readonly token: string
  readonly plan: RestartPlan | undefined
}

/** The position of a stream, as its record has it. */
export interface Beginning {
  readonly first: number
  readonly last: number
  /** What viewers have seen of it already, if Redis had lost it. */
  readonly goal: number
}

/** Of a stream that nobody has seen. */
export const NEW: Beginning = { first: 1, last: 0, goal: 0 }

/** What `CREATE` is run with, to make the record of what `writer` writes. */
export function creationOf(
  { keys, instanceId, bounds }: LogContext,
  { record, token, plan }: CreatedStream,
  { first, last, goal }: Beginning,
): readonly string[] {
  const where = [`${first}`, `${last}`, `${goal}`]
  const times = [`${bounds.leaseMs}`, `${bounds.ttlMs}`]
  const head = [FORMAT_VERSION, JSON.stringify(record), token, keys.inbox(instanceId)]
  return [...head, ...where, ...times, ...fieldsOf(plan)]
}

/** What another instance needs to begin the stream anew. */
function fieldsOf(plan: RestartPlan | undefined): readonly string[] {
  if (plan === undefined) return []
  const { input, restarts, maxRestarts, checkpoint } = plan
  const fields = ['input', input, 'restarts', `${restarts}`, 'maxRestarts', `${maxRestarts}`]
  return checkpoint === undefined ? fields : [...fields, 'checkpoint', checkpoint]
}
