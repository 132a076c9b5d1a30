import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { SqliteLogError, sqliteLog } from '../src/index.ts'
import { testFolder } from './support/files.ts'
import { createIn, finish, say } from './support/streams.ts'

const folder = testFolder()

function errorOf(path: string): SqliteLogError {
  try {
    void sqliteLog({ path }).close()
  } catch (error) {
    expect(error).toBeInstanceOf(SqliteLogError)
    return error as SqliteLogError
  }
  throw new Error('It was opened.')
}

test('a second log on the same file is refused, and says who has it', async () => {
  const path = join(folder, 'locked.db')
  const log = sqliteLog({ path })
  const error = errorOf(path)
  expect(error.code).toBe('SLUICE_SQLITE_LOCKED')
  expect(error.message).toContain(`process ${process.pid} on `)
  await log.close()
  await sqliteLog({ path }).close()
})

test('a lock of a process that was killed is no lock', async () => {
  const path = join(folder, 'killed.db')
  const url = new URL('../src/index.ts', import.meta.url)
  const code = `import { sqliteLog } from ${JSON.stringify(url.href)}; sqliteLog({ path: ${JSON.stringify(path)} }); process.kill(process.pid, 'SIGKILL')`
  expect(() =>
    execFileSync(process.execPath, ['--conditions=sluice-source', '--input-type=module', '-e', code], {
      stdio: 'ignore',
    }),
  ).toThrow()
  expect(readFileSync(`${path}-owner`, 'utf8')).toContain('"pid"')
  await sqliteLog({ path }).close()
})

test.each([
  ['no database', 'this is a text, and no database at all. '.repeat(100), 'SLUICE_SQLITE_NOT_A_LOG'],
])('a file that is %s is left as it is', (name, content, code) => {
  const path = join(folder, `${name}.db`)
  writeFileSync(path, content)
  expect(errorOf(path).code).toBe(code)
  expect(readFileSync(path, 'utf8')).toBe(content)
})

test('the database of another application is left as it is', () => {
  const path = join(folder, 'other.db')
  const database = new DatabaseSync(path)
  database.exec('CREATE TABLE users (name TEXT)')
  database.close()
  const before = readFileSync(path)
  expect(errorOf(path).code).toBe('SLUICE_SQLITE_NOT_A_LOG')
  expect(readFileSync(path)).toEqual(before)
})

test('a file of a newer version is refused, with both versions', async () => {
  const path = join(folder, 'newer.db')
  await sqliteLog({ path }).close()
  const database = new DatabaseSync(path)
  database.exec('PRAGMA user_version = 99')
  database.close()
  const error = errorOf(path)
  expect(error.code).toBe('SLUICE_SQLITE_NEWER_FORMAT')
  expect(error.message).toContain('format 99')
})

test('a damaged file is refused', async () => {
  const path = join(folder, 'damaged.db')
  const log = sqliteLog({ path })
  const writer = await createIn(log)
  await say(writer, 'x'.repeat(50_000))
  await finish(writer)
  await log.close()
  const bytes = readFileSync(path)
  bytes.fill(0xff, 100)
  writeFileSync(path, bytes)
  expect(errorOf(path).code).toBe('SLUICE_SQLITE_CORRUPT')
})

test('a folder in the place of the file is refused', () => {
  const path = join(folder, 'folder.db')
  mkdirSync(path)
  expect(errorOf(path).code).toBe('SLUICE_SQLITE_UNUSABLE')
})

test('what is no option is refused, with its name', () => {
  const path = join(folder, 'options.db')
  expect(() => sqliteLog({} as never)).toThrow(/path is undefined/)
  expect(() => sqliteLog({ path: ':memory:' })).toThrow(/memoryLog/)
  expect(() => sqliteLog({ path, survives: 'everything' as never })).toThrow(/survives/)
  expect(() => sqliteLog({ path, ttlMs: -1 })).toThrow(/ttlMs/)
  expect(() => sqliteLog({ path, maxFileBytes: 10 })).toThrow(/maxFileBytes/)
})

test('the files belong to the user of the process alone', async () => {
  const path = join(folder, 'private', 'deep', 'x.db')
  const log = sqliteLog({ path })
  await finish(await createIn(log))
  for (const file of [path, `${path}-wal`, `${path}-shm`, `${path}-lock`, `${path}-owner`]) {
    expect(statSync(file).mode & 0o777, file).toBe(0o600)
  }
  expect(statSync(join(folder, 'private')).mode & 0o777).toBe(0o700)
  await log.close()
  chmodSync(path, 0o600)
})
