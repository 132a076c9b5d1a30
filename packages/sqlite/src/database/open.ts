import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openingError } from '../errors.ts'
import { FileLock } from '../lock.ts'
import { recover } from './recovery.ts'
import { Rows } from './rows.ts'
import { migrate } from './schema.ts'

/** A file that is open: its lock, and what can be read from it. */
export interface OpenFile {
  readonly rows: Rows
  /** Reads no more. */
  close(): void
  /** Leaves the file to another process. */
  unlock(): void
}

/**
 * Locks the file, brings it to the format of this version, and moves what the last process left in the journal.
 * @throws {SqliteLogError}
 */
export function openFile(path: string): OpenFile {
  try {
    // The answers of an application's users are nobody else's.
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  } catch (thrown) {
    throw openingError(path, thrown)
  }
  const previousMask = process.umask(0o077)
  let lock: FileLock | undefined
  try {
    lock = new FileLock(path)
    prepare(path)
    const database = new DatabaseSync(path, { readOnly: true })
    const rows = new Rows(database)
    const held = lock
    return { rows, close: () => database.close(), unlock: () => held.release() }
  } catch (thrown) {
    lock?.release()
    throw openingError(path, thrown)
  } finally {
    process.umask(previousMask)
  }
}

function prepare(path: string): void {
  const database = new DatabaseSync(path)
  try {
    migrate(database, path)
    recover(database)
  } finally {
    database.close()
  }
}
