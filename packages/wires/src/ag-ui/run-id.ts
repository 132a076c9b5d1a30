import type { StreamRecord } from '@sluice/core/server'

const PREFIX = 'ag-ui:'
/** `encodeURIComponent` leaves none of it in its output. */
const PAD = '|'
/** An idempotency key has 22 characters or more. */
const LEAST = 22

/**
 * The idempotency key of a run. A run id may be short, or have any character; a key may not.
 */
export function keyOfRun(runId: string): string {
  return (PREFIX + encodeURIComponent(runId)).padEnd(LEAST, PAD)
}

/** The note of a run, by which each reader of the stream knows its id: a key may be kept as a hash only. */
export function noteOfRun(runId: string): string {
  return PREFIX + runId
}

/** The run that a stream is. A stream that was started by another way than AG-UI has no run id; it is named by its own. */
export function runIdOf({ streamId, note }: StreamRecord): string {
  return note?.startsWith(PREFIX) === true ? note.slice(PREFIX.length) : streamId
}

/** The conversation that a stream belongs to. A stream without one is a conversation of its own. */
export function threadIdOf({ streamId, thread }: StreamRecord): string {
  return thread ?? streamId
}
