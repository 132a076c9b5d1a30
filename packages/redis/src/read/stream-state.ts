import type { StreamRecord } from '@sluice/core/server'

/** The version of what is written; a reader of another one says so. */
export const FORMAT_VERSION = '1'

/** How far a stream is, as its record in Redis says. */
export interface StreamState {
  readonly record: StreamRecord
  readonly first: number
  readonly last: number
  readonly ended: boolean
  /** The last chunk_id that viewers had seen when Redis lost the stream; 0 if it never did. */
  readonly goal: number
  /** Its lease is over, and nobody has ended it. */
  readonly isAbandoned: boolean
}

type StateReply = readonly [
  version: string,
  record: string,
  first: string,
  last: string,
  ended: string,
  goal: string,
  leaseLeftMs: number,
]

/** @throws {TypeError} if it was written by a version that this one does not know. */
export function stateOf(reply: unknown): StreamState | undefined {
  if (reply === null) return undefined
  const [version, record, first, last, ended, goal, leaseLeftMs] = reply as StateReply
  if (version !== '1')
    throw new TypeError(`redisLog: this stream has format ${version}; this version knows 1.`)
  return {
    record: recordOf(record),
    first: Number(first),
    last: Number(last),
    ended: ended === '1',
    goal: Number(goal),
    isAbandoned: ended !== '1' && leaseLeftMs <= 0,
  }
}

/** JSON leaves out what is undefined. */
export function recordOf(json: string): StreamRecord {
  const record = JSON.parse(json) as Partial<StreamRecord> & Omit<StreamRecord, 'owner' | 'idempotency'>
  return { ...record, owner: record.owner, idempotency: record.idempotency }
}
