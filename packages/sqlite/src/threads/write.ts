import { DatabaseSync } from 'node:sqlite'
import { Statements } from '../database/statements.ts'
import type { Batch, BatchWriter, Change, NewRow, Reply, ThreadData } from './messages.ts'

/** Writes batches, each in one transaction, and answers at once. */
export class Writer implements BatchWriter {
  readonly #database: DatabaseSync
  readonly #statements: Statements
  readonly #answer: (reply: Reply) => void

  constructor({ path, survives }: ThreadData, answer: (reply: Reply) => void) {
    this.#answer = answer
    this.#database = new DatabaseSync(path)
    this.#statements = new Statements(this.#database)
    // With NORMAL, the write-ahead log is not flushed at each commit (https://www.sqlite.org/pragma.html#pragma_synchronous).
    // It waits for nobody: if the thread with the chores is at it, the batch is tried again.
    this.#database.exec(`
      PRAGMA synchronous = ${survives === 'power' ? 'FULL' : 'NORMAL'};
      PRAGMA wal_autocheckpoint = 0;
      PRAGMA busy_timeout = 0;
    `)
  }

  send(batch: Batch): void {
    this.#answer({ seq: batch.seq, error: this.#write(batch) })
  }

  close(): void {
    this.#database.close()
  }

  #write({ seq, entries, changes, journalFrom }: Batch): Reply['error'] {
    try {
      this.#statements.transaction(() => {
        for (const change of changes) this.#apply(change)
        if (entries !== undefined) this.#run('INSERT INTO journal (seq, entries) VALUES (?, ?)', seq, entries)
        if (journalFrom !== undefined) this.#run('DELETE FROM journal WHERE seq < ?', journalFrom)
      })
      return undefined
    } catch (thrown) {
      const { message, errcode } = thrown as { message: string; errcode?: number }
      return { message, errcode }
    }
  }

  #apply(change: Change): void {
    switch (change.do) {
      case 'create':
        this.#create(change.row, change.predecessor)
        break
      case 'page': {
        const { no, first, last, text } = change
        this.#run('INSERT INTO pages (no, first, last, text) VALUES (?, ?, ?, ?)', no, first, last, text)
        break
      }
      case 'end': {
        const { no, last, endedAt } = change
        // The input of a stream that has ended is nobody's business any more.
        this.#run(
          'UPDATE streams SET last = ?, ended_at = ?, plan = NULL, checkpoint = NULL WHERE no = ?',
          last,
          endedAt,
          no,
        )
        break
      }
      case 'trim': {
        const { no, first } = change
        this.#run('UPDATE streams SET first = ? WHERE no = ?', first, no)
        this.#run('DELETE FROM pages WHERE no = ? AND last < ?', no, first)
        break
      }
      case 'checkpoint':
        this.#run('UPDATE streams SET checkpoint = ? WHERE no = ?', change.text, change.no)
        break
      case 'forget':
        this.#run('DELETE FROM pages WHERE no = ?', change.no)
        this.#run('DELETE FROM streams WHERE no = ?', change.no)
        break
      case 'refuse': {
        const { key, owner, until } = change
        this.#run('INSERT OR REPLACE INTO refused (key, owner, until) VALUES (?, ?, ?)', key, owner, until)
        break
      }
    }
  }

  #create(
    { no, id, record, owner, thread, key, plan, checkpoint }: NewRow,
    predecessor: number | undefined,
  ): void {
    // A stream whose time is over, and that no sweep has deleted yet, or the one whose place this one takes.
    if (key !== null) this.#run('UPDATE streams SET key = NULL WHERE key = ?', key)
    if (predecessor !== undefined) this.#run('UPDATE streams SET successor = ? WHERE no = ?', id, predecessor)
    this.#run(
      'INSERT INTO streams (no, id, record, owner, thread, key, plan, checkpoint) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      no,
      id,
      record,
      owner,
      thread,
      key,
      plan,
      checkpoint,
    )
  }

  #run(sql: string, ...values: (string | number | null | Uint8Array)[]): void {
    this.#statements.run(sql, ...values)
  }
}
