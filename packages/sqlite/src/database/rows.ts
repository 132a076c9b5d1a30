import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { RestartPlan, StreamRecord } from '@sluice/core/server'
import { linesOf } from './entries.ts'

/** A stream, as its row has it. Of one that runs, `last` is as of the opening of the file. */
export interface StreamRow {
  readonly no: number
  readonly record: StreamRecord
  readonly first: number
  readonly last: number
  readonly endedAt: number | undefined
  readonly plan: RestartPlan | undefined
  /** The stream that has taken its place. */
  readonly successor: string | undefined
}

/** A key that was cancelled before its start came. */
export interface RefusedRow {
  readonly key: string
  readonly owner: string | undefined
  readonly until: number
}

/** How many streams of a list are read at a time, so that the event loop is not held up by a long one. */
const LIST_ROWS = 500
const KEPT = '(ended_at IS NULL OR ended_at > ?)'

/**
 * Reads the file. It is asked in the process's own thread: each question is for a few rows by an index, or for one page
 * of a few kilobytes, and the connection never waits for the one that writes (WAL).
 */
export class Rows {
  readonly #database: DatabaseSync
  readonly #byId: StatementSync
  readonly #byKey: StatementSync
  readonly #ofOwner: StatementSync
  readonly #ofThread: StatementSync
  readonly #page: StatementSync

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#byId = database.prepare(`SELECT * FROM streams WHERE id = ? AND ${KEPT}`)
    this.#byKey = database.prepare(`SELECT * FROM streams WHERE key = ? AND ${KEPT}`)
    const list = (column: string): string =>
      `SELECT * FROM streams WHERE ${column} = ? AND ${KEPT} AND no > ? ORDER BY no LIMIT ${LIST_ROWS}`
    this.#ofOwner = database.prepare(list('owner'))
    this.#ofThread = database.prepare(list('thread'))
    this.#page = database.prepare(
      'SELECT first, last, text FROM pages WHERE no = ? AND first <= ? ORDER BY first DESC LIMIT 1',
    )
  }

  /** @param endedAfter - streams that ended earlier are not seen any more, in milliseconds since the epoch */
  byId(id: string, endedAfter: number): StreamRow | undefined {
    return rowOf(this.#byId.get(id, endedAfter))
  }

  byKey(key: string, endedAfter: number): StreamRow | undefined {
    return rowOf(this.#byKey.get(key, endedAfter))
  }

  ofOwner(owner: string, endedAfter: number): Promise<StreamRow[]> {
    return listed(this.#ofOwner, owner, endedAfter)
  }

  ofThread(thread: string, endedAfter: number): Promise<StreamRow[]> {
    return listed(this.#ofThread, thread, endedAfter)
  }

  /** The streams that had not ended when the file was opened. */
  running(): StreamRow[] {
    const rows = this.#database.prepare('SELECT * FROM streams WHERE ended_at IS NULL ORDER BY no').all()
    return rows.map((row) => rowOf(row)!)
  }

  refused(): RefusedRow[] {
    const rows = this.#database.prepare('SELECT * FROM refused ORDER BY until').all()
    return rows.map(({ key, owner, until }) => ({
      key: key as string,
      owner: (owner as string | null) ?? undefined,
      until: until as number,
    }))
  }

  /** The highest number that a stream has, and that a row of the journal has; 0: there is none. */
  highest(): { readonly no: number; readonly seq: number } {
    return this.#database
      .prepare(
        'SELECT coalesce((SELECT max(no) FROM streams), 0) AS no, coalesce((SELECT max(seq) FROM journal), 0) AS seq',
      )
      .get() as { no: number; seq: number }
  }

  /** The page that has this chunk, as its events; `undefined`: there is none. */
  page(
    no: number,
    chunkId: number,
  ): { readonly first: number; readonly events: Iterable<string> } | undefined {
    const row = this.#page.get(no, chunkId) as { first: number; last: number; text: Uint8Array } | undefined
    return row === undefined || row.last < chunkId
      ? undefined
      : { first: row.first, events: linesOf(row.text) }
  }
}

async function listed(statement: StatementSync, scope: string, endedAfter: number): Promise<StreamRow[]> {
  const found: StreamRow[] = []
  for (let after = 0; ; ) {
    const rows = statement.all(scope, endedAfter, after)
    for (const row of rows) found.push(rowOf(row)!)
    if (rows.length < LIST_ROWS) return found
    after = found.at(-1)!.no
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function rowOf(row: unknown): StreamRow | undefined {
  if (row === undefined) return undefined
  const { no, record, first, last, ended_at, plan, checkpoint, successor } = row as {
    no: number
    record: string
    first: number
    last: number
    ended_at: number | null
    plan: string | null
    checkpoint: string | null
    successor: string | null
  }
  return {
    no,
    record: recordOf(record),
    first,
    last,
    endedAt: ended_at ?? undefined,
    plan:
      plan === null
        ? undefined
        : { ...(JSON.parse(plan) as RestartPlan), checkpoint: checkpoint ?? undefined },
    successor: successor ?? undefined,
  }
}

/** A record as text: JSON leaves fields out that are `undefined`, and a record has them. */
function recordOf(text: string): StreamRecord {
  const record = JSON.parse(text) as StreamRecord
  return { ...record, owner: record.owner, idempotency: record.idempotency }
}

/** JSON, because no separator is safe from an owner that contains it. */
export function scopedKey({
  owner,
  stream,
  key,
}: {
  owner: string | undefined
  stream: string
  key: string
}): string {
  return JSON.stringify([owner, stream, key])
}

export function scopedThread(owner: string | undefined, thread: string): string {
  return JSON.stringify([owner, thread])
}
