import type { StreamRecord } from '@sluice/core/server'

const PREFIX = 'ag-ui:'
/** `encodeURIComponent` leaves none of it in its output. */
const PAD = '|'
/** An idempotency key has 22 characters or more. */
const LEAST = 22

/**
 * The idempotency key of a run. A run id may be short, or have any character; a key may not. The id can be read out of the
 * key again, so that each process can say it.
 */
export function keyOfRun(runId: string): string {
  return (PREFIX + encodeURIComponent(runId)).padEnd(LEAST, PAD)
}

/** The run that a stream is. A stream that was started by another way than AG-UI has no run id; it is named by its own. */
export function runIdOf({ streamId, idempotency }: StreamRecord): string {
  const key = idempotency?.key
  if (key?.startsWith(PREFIX) !== true) return streamId
  try {
    return decodeURIComponent(key.slice(PREFIX.length).replace(/\|+$/, ''))
  } catch {
    // Not one of `keyOfRun`: any client may name its key as it likes.
    return streamId
  }
}

/** The conversation that a stream belongs to. A stream without one is a conversation of its own. */
export function threadIdOf({ streamId, thread }: StreamRecord): string {
  return thread ?? streamId
}
