import type { DatabaseSync } from 'node:sqlite'
import { query } from './query.ts'

const DAY_MS = 24 * 3_600_000

/** The tokens that were spent today (UTC), by payer. Instances that share the database share the counts. */
export class Spending {
  readonly #statements: ReturnType<typeof prepare>
  #swept = -1

  constructor(database: DatabaseSync) {
    this.#statements = prepare(database)
  }

  /** Today's tokens of a payer. */
  today(payer: string): number {
    return this.#statements.read.get(dayOf(Date.now()), payer)?.tokens ?? 0
  }

  /** Adds to today's tokens of each payer; a negative number gives back. */
  add(payers: readonly string[], tokens: number): void {
    const day = dayOf(Date.now())
    for (const payer of payers) this.#statements.add.run(day, payer, tokens, tokens)
    if (day === this.#swept) return
    this.#swept = day
    this.#statements.sweep.run(day)
  }
}

/** Days since the epoch. */
function dayOf(at: number): number {
  return Math.floor(at / DAY_MS)
}

function prepare(database: DatabaseSync) {
  return {
    read: query<{ tokens: number }>(database, 'SELECT tokens FROM spending WHERE day = ? AND payer = ?'),
    add: database.prepare(
      `INSERT INTO spending (day, payer, tokens) VALUES (?, ?, max(0, ?))
       ON CONFLICT (day, payer) DO UPDATE SET tokens = max(0, tokens + ?)`,
    ),
    sweep: database.prepare('DELETE FROM spending WHERE day < ?'),
  }
}
