import type { DatabaseSync } from 'node:sqlite'
import { decodeEntries, linesOf } from './entries.ts'

/** The most text in a page that is made from the journal, in bytes. */
const PAGE_BYTES = 64 * 1024

/** The events of a stream that are in the journal, in their order. */
interface Unpaged {
  first: number
  readonly lines: string[]
}

/**
 * Moves what the journal has into pages, and empties it, in one transaction: after it, each stream is in its pages
 * alone, and its row says how far it goes. It runs before anything else uses the file.
 */
export function recover(database: DatabaseSync): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    moveJournal(database)
    // Of a stream that has ended, the row says so already.
    database.exec(`
      UPDATE streams SET last = max(last, first - 1, coalesce((SELECT max(last) FROM pages WHERE pages.no = streams.no), 0))
        WHERE ended_at IS NULL;
      DELETE FROM journal;
      COMMIT
    `)
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}

function moveJournal(database: DatabaseSync): void {
  const last = database.prepare(
    'SELECT max(streams.first - 1, coalesce(max(pages.last), 0)) AS last FROM streams LEFT JOIN pages ON pages.no = streams.no WHERE streams.no = ? GROUP BY streams.no',
  )
  const streams = new Map<number, Unpaged | undefined>()
  const begin = (no: number): Unpaged | undefined => {
    const row = last.get(no) as { last: number } | undefined
    // A stream that was forgotten has no row any more.
    return row === undefined ? undefined : { first: row.last + 1, lines: [] }
  }
  for (const { entries } of database.prepare('SELECT entries FROM journal ORDER BY seq').iterate()) {
    for (const { no, first, text } of decodeEntries(entries as Uint8Array)) {
      if (!streams.has(no)) streams.set(no, begin(no))
      const unpaged = streams.get(no)
      if (unpaged !== undefined) add(unpaged, first, text)
    }
  }
  for (const [no, unpaged] of streams) if (unpaged !== undefined) writePages(database, no, unpaged)
}

/** Adds the events that follow those that are there; the page of a stream may have some of them already. */
function add(unpaged: Unpaged, first: number, text: Uint8Array): void {
  let chunkId = first
  for (const line of linesOf(text)) {
    if (chunkId === unpaged.first + unpaged.lines.length) unpaged.lines.push(line)
    chunkId += 1
  }
}

function writePages(database: DatabaseSync, no: number, { first, lines }: Unpaged): void {
  const insert = database.prepare('INSERT INTO pages (no, first, last, text) VALUES (?, ?, ?, ?)')
  for (let from = 0; from < lines.length; ) {
    let to = from
    for (let bytes = 0; to < lines.length && (to === from || bytes < PAGE_BYTES); to++) {
      bytes += Buffer.byteLength(lines[to]!) + 1
    }
    insert.run(no, first + from, first + to - 1, Buffer.from(lines.slice(from, to).join('\n')))
    from = to
  }
}
