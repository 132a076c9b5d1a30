import type { DatabaseSync } from 'node:sqlite'
import { SqliteLogError } from '../errors.ts'

/** Marks the file as a log of Sluice (https://www.sqlite.org/pragma.html#pragma_application_id): `SLUI` in ASCII. */
const APPLICATION_ID = 0x53_4c_55_49

/**
 * The format of the file, step by step: file format N is the first N steps. A step never changes once it was released.
 *
 * - `streams`: a row for each stream. `no` is its number in this file; `key` and `thread` are scoped to the owner.
 * - `journal`: what was appended and is in no page yet, of all streams in one row for each commit.
 * - `pages`: the events of one stream in runs, one event a line. A table with a rowid takes large values at a third of the cost
 *   of one without.
 */
const STEPS = [
  `
  CREATE TABLE streams (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    record TEXT NOT NULL,
    owner TEXT,
    thread TEXT,
    key TEXT UNIQUE,
    first INTEGER NOT NULL DEFAULT 1,
    last INTEGER NOT NULL DEFAULT 0,
    ended_at INTEGER,
    plan TEXT,
    checkpoint TEXT,
    successor TEXT
  ) STRICT;
  CREATE INDEX streams_owner ON streams (owner, no) WHERE owner IS NOT NULL;
  CREATE INDEX streams_thread ON streams (thread, no) WHERE thread IS NOT NULL;
  CREATE INDEX streams_running ON streams (no) WHERE ended_at IS NULL;
  CREATE INDEX streams_ended ON streams (ended_at, no) WHERE ended_at IS NOT NULL;
  CREATE TABLE pages (
    no INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    text BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX pages_place ON pages (no, first);
  CREATE TABLE journal (seq INTEGER PRIMARY KEY, entries BLOB NOT NULL) STRICT;
  CREATE TABLE refused (key TEXT PRIMARY KEY, owner TEXT, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  `,
]

/**
 * Brings a file, or an empty one, to the format of this version.
 * @throws {SqliteLogError} `SLUICE_SQLITE_NEWER_FORMAT`, `SLUICE_SQLITE_NOT_A_LOG`
 */
export function migrate(database: DatabaseSync, path: string, steps: readonly string[] = STEPS): void {
  const format = pragma(database, 'user_version')
  const { count } = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get() as { count: number }
  if (count > 0 && pragma(database, 'application_id') !== APPLICATION_ID) {
    throw new SqliteLogError(
      'SLUICE_SQLITE_NOT_A_LOG',
      path,
      'the file is a database of another application.',
    )
  }
  if (format > steps.length) {
    throw new SqliteLogError(
      'SLUICE_SQLITE_NEWER_FORMAT',
      path,
      `the file has format ${format}, and this version of @sluice/sqlite knows formats up to ${steps.length}. Update @sluice/sqlite, or use another file.`,
    )
  }
  // Both have to be set before there is a table. Larger pages than SQLite's own (4 KiB) are fewer writes for long answers.
  if (count === 0) database.exec('PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL')
  database.exec('PRAGMA journal_mode = WAL')
  if (format === steps.length) return
  database.exec('BEGIN IMMEDIATE')
  try {
    for (const step of steps.slice(format)) database.exec(step)
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${steps.length}; COMMIT`)
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}

/** The value of a pragma that is a number. */
export function pragma(database: DatabaseSync, name: string): number {
  const row = database.prepare(`PRAGMA ${name}`).get() as Record<string, number>
  return Object.values(row)[0]!
}
