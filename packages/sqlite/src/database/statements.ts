import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** The statements of one connection, each prepared once. */
export class Statements {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  run(sql: string, ...values: (string | number | null | Uint8Array)[]): void {
    this.of(sql).run(...values)
  }

  of(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#database.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  /** The value of a pragma that is a number. */
  pragma(name: string): number {
    return Object.values(this.of(`PRAGMA ${name}`).get() as Record<string, number>)[0]!
  }

  /** Does the work in one transaction. @throws the error of SQLite, or that of the work, if nothing of it was written */
  transaction(work: () => void): void {
    this.run('BEGIN IMMEDIATE')
    try {
      work()
      this.run('COMMIT')
    } catch (error) {
      if (this.#database.isTransaction) this.run('ROLLBACK')
      throw error
    }
  }
}
