import type { DatabaseSync, SQLInputValue } from 'node:sqlite'

/** A statement that reads rows. */
export interface Query<Row> {
  all(...values: readonly SQLInputValue[]): Row[]
  get(...values: readonly SQLInputValue[]): Row | undefined
}

/**
 * Prepares a statement that reads.
 *
 * `Row` is what its SQL names, in SQLite's types. Nothing checks that but the tests: SQLite itself sees to it that a
 * `STRICT` table holds what its columns say.
 */
export function query<Row>(database: DatabaseSync, sql: string): Query<Row> {
  return database.prepare(sql) as unknown as Query<Row>
}
