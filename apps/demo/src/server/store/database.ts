import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { privateFile, privateFolder } from './private-files.ts'
import { query } from './query.ts'

/** Beside what a table says by itself: ids of conversations are the page's, so every access names the owner too. */
const SCHEMA = `
  CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    title TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX conversations_by_owner ON conversations (owner, updated_at DESC);

  CREATE TABLE turns (
    conversation_id TEXT NOT NULL REFERENCES conversations ON DELETE CASCADE,
    id TEXT NOT NULL,
    position INTEGER NOT NULL,
    question TEXT NOT NULL,
    chosen_answer_id TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, id)
  ) STRICT;

  -- 'lost': the log does not have the stream any more, and nobody has said how it ended. A later report may replace it.
  CREATE TABLE answers (
    conversation_id TEXT NOT NULL,
    turn_id TEXT NOT NULL,
    id TEXT NOT NULL,
    position INTEGER NOT NULL,
    model TEXT NOT NULL,
    stream_id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('running', 'lost', 'completed', 'cancelled', 'failed')),
    text TEXT NOT NULL DEFAULT '',
    reasoning TEXT NOT NULL DEFAULT '',
    tool_calls TEXT NOT NULL DEFAULT '[]',
    error TEXT,
    finish_reason TEXT,
    output_tokens INTEGER,
    ttft_ms INTEGER,
    duration_ms INTEGER,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    PRIMARY KEY (conversation_id, id),
    FOREIGN KEY (conversation_id, turn_id) REFERENCES turns ON DELETE CASCADE
  ) STRICT;
  CREATE INDEX answers_by_turn ON answers (conversation_id, turn_id, position);
  CREATE INDEX answers_by_state ON answers (state) WHERE state IN ('running', 'lost');

  CREATE TABLE shares (
    conversation_id TEXT PRIMARY KEY REFERENCES conversations ON DELETE CASCADE,
    token TEXT NOT NULL UNIQUE
  ) STRICT;
  CREATE TABLE guests (
    conversation_id TEXT NOT NULL REFERENCES shares ON DELETE CASCADE,
    visitor TEXT NOT NULL,
    PRIMARY KEY (conversation_id, visitor)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE labs (
    visitor TEXT PRIMARY KEY,
    settings TEXT NOT NULL,
    cuts INTEGER NOT NULL DEFAULT 0,
    offline_until INTEGER,
    kill_at INTEGER
  ) STRICT;
`

/** The changes since, in their order: the first brings version 1 to version 2. */
const CHANGES = [
  // By day (UTC) and payer: 'all', 'visitor …', 'address …'.
  `CREATE TABLE spending (
    day INTEGER NOT NULL,
    payer TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    PRIMARY KEY (day, payer)
  ) STRICT, WITHOUT ROWID`,
  // Turns become a tree. Until then each followed the chosen answer of the one before, or the last that had text.
  `ALTER TABLE turns ADD COLUMN parent_id TEXT;
  UPDATE turns SET parent_id = (
    SELECT coalesce(
      before.chosen_answer_id,
      (SELECT answers.id FROM answers
        WHERE answers.conversation_id = before.conversation_id AND answers.turn_id = before.id
        ORDER BY answers.text <> '' DESC, answers.position DESC LIMIT 1),
      before.id)
    FROM turns AS before
    WHERE before.conversation_id = turns.conversation_id AND before.position < turns.position
    ORDER BY before.position DESC LIMIT 1);
  ALTER TABLE turns DROP COLUMN chosen_answer_id;
  ALTER TABLE answers ADD COLUMN lane INTEGER NOT NULL DEFAULT 0;
  UPDATE answers SET lane = min(1, position)`,
]
const VERSION = 1 + CHANGES.length
const KEPT_MS = 30 * 24 * 3_600_000

/**
 * Opens the demo's database.
 * @param folder The folder of its file; `undefined`: in memory, for as long as the process lives. Instances on one
 * machine may share it: SQLite's write-ahead log lets all of them read while one writes. The file is for this user alone.
 * @throws {Error} if the folder cannot be written to, or has the database of another version.
 */
export function openDatabase(folder: string | undefined): DatabaseSync {
  const database = new DatabaseSync(folder === undefined ? ':memory:' : databaseFile(folder))
  database.exec('PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  database.exec('PRAGMA foreign_keys = ON')
  inTransaction(database, () => migrate(database))
  return database
}

function databaseFile(folder: string): string {
  privateFolder(folder)
  const path = join(folder, 'demo.sqlite')
  // SQLite gives its write-ahead log and its shared memory the mode of the database; older ones keep theirs.
  for (const suffix of ['', '-wal', '-shm']) privateFile(path + suffix, { create: suffix === '' })
  return path
}

/** All of it, or nothing. Takes the right to write first: two instances then wait for each other, and do not fail. */
export function inTransaction<Result>(database: DatabaseSync, act: () => Result): Result {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = act()
    database.exec('COMMIT')
    return result
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}

function migrate(database: DatabaseSync): void {
  const { version } = query<{ version: number }>(
    database,
    'SELECT user_version AS version FROM pragma_user_version',
  ).get()!
  if (version > VERSION) {
    throw new Error(
      `The database has version ${version}, and this server knows ${VERSION}: use another DATA_DIR.`,
    )
  }
  if (version === 0) database.exec(SCHEMA)
  for (const change of CHANGES.slice(Math.max(0, version - 1))) database.exec(change)
  database.exec(`PRAGMA user_version = ${VERSION}`)
  // As long as a cookie lives: nobody can come back to what is older.
  database.prepare('DELETE FROM conversations WHERE updated_at < ?').run(Date.now() - KEPT_MS)
}
