import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { Statements } from '../database/statements.ts'
import type { Chore, ChoreDone } from './messages.ts'

/** Streams that one sweep deletes at most: the process waits with its writing for so long. */
const SWEPT = 50
/** As many as a log keeps in memory (`RefusedKeys`). */
const REFUSED_KEYS = 10_000
/** Pages of the file that may be free, and how many are given back to the disk at a time. */
const FREE_PAGES = 1024
const VACUUM_PAGES = 128
/**
 * The size of the write-ahead log from which a checkpoint has it begin again, in bytes: the process cannot write for some
 * milliseconds. Mostly it begins again by itself, in a moment in which nothing is written.
 */
const LONGEST_WAL_BYTES = 64 * 1024 * 1024

/**
 * Work on the file that takes milliseconds, for a thread of its own: neither the event loop of the process nor what it
 * writes should wait for it.
 */
export class Chores {
  readonly #walPath: string
  readonly #database: DatabaseSync
  readonly #statements: Statements

  constructor(path: string) {
    this.#walPath = `${path}-wal`
    this.#database = new DatabaseSync(path)
    this.#statements = new Statements(this.#database)
    this.#database.exec(
      'PRAGMA wal_autocheckpoint = 0; PRAGMA busy_timeout = 5000; PRAGMA journal_size_limit = 4194304',
    )
  }

  /** @throws the error of SQLite */
  do(chore: Chore): ChoreDone {
    const swept = chore.do === 'sweep' ? this.#sweep(chore) : 0
    if (chore.do === 'checkpoint') this.#checkpoint()
    return { fileBytes: this.#fileBytes, swept }
  }

  close(): void {
    this.#database.close()
  }

  /** Without the pages that are free. */
  get #fileBytes(): number {
    const pages = this.#statements.pragma('page_count') - this.#statements.pragma('freelist_count')
    return pages * this.#statements.pragma('page_size')
  }

  /** Moves the write-ahead log into the file, and flushes both (https://www.sqlite.org/c3ref/wal_checkpoint_v2.html). */
  #checkpoint(): void {
    // It waits for nobody, and nobody for it.
    this.#database.exec('PRAGMA wal_checkpoint(PASSIVE)')
    const { size } = statSync(this.#walPath)
    if (size > LONGEST_WAL_BYTES) this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  }

  #sweep({ endedBefore, now, maxFileBytes, except }: Extract<Chore, { do: 'sweep' }>): number {
    const isTooLarge = (): boolean => this.#fileBytes > maxFileBytes
    const rows = this.#statements
      .of(
        `SELECT no, ended_at FROM streams WHERE ended_at IS NOT NULL AND ended_at <= ?
          AND no NOT IN (SELECT value FROM json_each(?)) ORDER BY ended_at, no LIMIT ${SWEPT}`,
      )
      .all(isTooLarge() ? now : endedBefore, JSON.stringify(except)) as { no: number; ended_at: number }[]
    let swept = 0
    this.#statements.transaction(() => {
      this.#statements.run('DELETE FROM refused WHERE until <= ?', now)
      this.#statements.run(
        'DELETE FROM refused WHERE key IN (SELECT key FROM refused ORDER BY until DESC LIMIT -1 OFFSET ?)',
        REFUSED_KEYS,
      )
      for (const { no, ended_at } of rows) {
        if (ended_at > endedBefore && !isTooLarge()) break
        this.#statements.run('DELETE FROM pages WHERE no = ?', no)
        this.#statements.run('DELETE FROM streams WHERE no = ?', no)
        swept += 1
      }
    })
    if (this.#statements.pragma('freelist_count') > FREE_PAGES) {
      this.#database.exec(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`)
    }
    return swept
  }
}
