import type { RestartPlan, StreamRecord } from '@sluice/core/server'
import type { LogContext } from '../log-context.ts'
import { FORMAT_VERSION } from '../read/stream-state.ts'

/** The stream to create: its record, the token of its writer, and the plan to restart it. */
export interface CreatedStream {
  readonly record: StreamRecord
  readonly token: string
  readonly plan: RestartPlan | undefined
}

/** The position of a stream, as its record has it. */
export interface Beginning {
  readonly first: number
  readonly last: number
  /** The last chunk_id that viewers have seen, if Redis had lost the stream; else 0. */
  readonly goal: number
}

/** Of a stream that nobody has seen. */
export const NEW: Beginning = { first: 1, last: 0, goal: 0 }

/** The arguments of `CREATE`, which makes the record of a stream. */
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

/** The fields that another instance needs to restart the stream. */
function fieldsOf(plan: RestartPlan | undefined): readonly string[] {
  if (plan === undefined) return []
  const { input, restarts, maxRestarts, checkpoint } = plan
  const fields = ['input', input, 'restarts', `${restarts}`, 'maxRestarts', `${maxRestarts}`]
  return checkpoint === undefined ? fields : [...fields, 'checkpoint', checkpoint]
}
