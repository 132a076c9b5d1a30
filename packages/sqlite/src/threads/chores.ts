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
 * The pages in the write-ahead log from which a checkpoint has it begin again (64 MiB): the process cannot write for some
 * milliseconds. Mostly it begins again by itself, in a moment in which nothing is written.
 */
const LONGEST_WAL_PAGES = 8192

/**
 * Work on the file that takes milliseconds, for a thread of its own: neither the event loop of the process nor what it
 * writes should wait for it.
 */
export class Chores {
  readonly #database: DatabaseSync
  readonly #statements: Statements

  constructor(path: string) {
    this.#database = new DatabaseSync(path)
    this.#statements = new Statements(this.#database)
    this.#database.exec('PRAGMA wal_autocheckpoint = 0; PRAGMA busy_timeout = 5000')
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
    const { log } = this.#statements.of('PRAGMA wal_checkpoint(PASSIVE)').get() as { log: number }
    // Nearly all of it has just been moved, so this is short.
    if (log > LONGEST_WAL_PAGES) this.#statements.of('PRAGMA wal_checkpoint(RESTART)').get()
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
