import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { DatabaseSync } from 'node:sqlite'
import { openingError, SqliteLogError } from './errors.ts'

/** The primary result code of SQLite for a lock that another connection has. */
const BUSY = 5

/**
 * Holds a file for this process: one process writes a log. The lock is one of the operating system (that of SQLite, on a
 * small file of its own), so it ends with the process, however that ends; a file with a process id in it would be left
 * behind. The text beside it only says whose lock it is.
 */
export class FileLock {
  readonly #database: DatabaseSync
  readonly #ownerPath: string

  /** @throws {SqliteLogError} `SLUICE_SQLITE_LOCKED` if another process, or another log of this one, holds it */
  constructor(path: string) {
    this.#ownerPath = `${path}-owner`
    let database: DatabaseSync | undefined
    try {
      database = new DatabaseSync(`${path}-lock`)
      database.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE')
    } catch (thrown) {
      database?.close()
      if (((thrown as { errcode?: number }).errcode ?? 0) % 256 !== BUSY) throw openingError(path, thrown)
      const owner = ownerOf(this.#ownerPath)
      const message = `${owner} has this log open. One process writes a file: stop that one first, give each process a file of its own, or use @sluice/redis.`
      throw new SqliteLogError('SLUICE_SQLITE_LOCKED', path, message, { cause: thrown })
    }
    this.#database = database
    const text = JSON.stringify({ pid: process.pid, host: hostname(), since: new Date().toISOString() })
    writeFileSync(this.#ownerPath, `${text}\n`, { mode: 0o600 })
  }

  release(): void {
    if (!this.#database.isOpen) return
    rmSync(this.#ownerPath, { force: true })
    this.#database.close()
  }
}

function ownerOf(path: string): string {
  try {
    const { pid, host, since } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    return `process ${pid} on ${host} (since ${since})`
  } catch {
    return 'Another process'
  }
}
