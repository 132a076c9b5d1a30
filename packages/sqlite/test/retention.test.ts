import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test, vi } from 'vitest'
import { sqliteLog } from '../src/index.ts'
import { testFolder } from './support/files.ts'
import { createIn, finish, say } from './support/streams.ts'

const folder = testFolder()
const WAIT = { timeout: 60_000, interval: 20 }

/** How many rows a table of the file has. */
function countIn(path: string, table: string): number {
  const database = new DatabaseSync(path, { readOnly: true })
  const { count } = database.prepare(`SELECT count(*) AS count FROM ${table}`).get() as { count: number }
  database.close()
  return count
}

test('streams whose time is over are deleted from the file, and those that run are not', async () => {
  const path = join(folder, 'ttl.db')
  let log = sqliteLog({ path })
  for (let n = 0; n < 120; n++) {
    const writer = await createIn(log)
    if (n % 3 === 0) await finish(writer)
  }
  await log.close()
  // Those that ran have ended with their process by now.
  log = sqliteLog({ path, ttlMs: 0 })
  const running = await createIn(log)
  await say(running, 'x')
  await vi.waitFor(() => expect(countIn(path, 'streams')).toBe(1), WAIT)
  expect(countIn(path, 'pages')).toBe(0)
  expect(log.open(running.record.streamId)?.last).toBe(1)
  await log.close()
})

test('a file at its bound loses the streams that ended first; if none has ended, starts are refused', async () => {
  const path = join(folder, 'bound.db')
  const log = sqliteLog({ path, maxFileBytes: 2 * 1024 * 1024 })
  const ids: string[] = []
  for (let n = 0; n < 40; n++) {
    const writer = await createIn(log)
    ids.push(writer.record.streamId)
    for (let part = 0; part < 4; part++) await say(writer, 'x'.repeat(100_000))
    await finish(writer)
  }
  await vi.waitFor(() => expect(countIn(path, 'streams')).toBeLessThan(8), WAIT)
  expect(log.open(ids[0]!)).toBeUndefined()
  expect(log.open(ids.at(-1)!)?.ended).toBe(true)
  expect(log.full).toBe(false)

  const large = await createIn(log)
  for (let part = 0; part < 30; part++) await say(large, 'x'.repeat(100_000))
  await vi.waitFor(() => expect(log.full).toBe(true), WAIT)
  await finish(large)
  await vi.waitFor(() => expect(log.full).toBe(false), WAIT)
  await log.close()
  expect(statSync(path).size).toBeLessThan(20 * 1024 * 1024)
})

test('the journal is emptied by what goes into pages, however long a stream is silent', async () => {
  const path = join(folder, 'journal.db')
  const log = sqliteLog({ path })
  const silent = await createIn(log)
  await say(silent, 'a few words, and then nothing')
  const talking = await createIn(log)
  for (let n = 0; n < 700; n++) await say(talking, 'x'.repeat(30_000))
  const database = new DatabaseSync(path, { readOnly: true })
  const { bytes } = database.prepare('SELECT sum(length(entries)) AS bytes FROM journal').get() as {
    bytes: number
  }
  database.close()
  expect(bytes).toBeLessThan(18 * 1024 * 1024)
  await log.close()
})
