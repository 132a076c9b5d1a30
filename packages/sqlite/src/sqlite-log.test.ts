import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { testLog } from '@sluice/core/testing'
import { afterAll, describe, test } from 'vitest'
import { sqliteLog } from './sqlite-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-sqlite-'))
let logs = 0

afterAll(() => rmSync(folder, { recursive: true }))

testLog(
  'sqliteLog',
  ({ maxStreamBytes, resumeMarginBytes, keepEndedMs, keepRefusedMs }) => ({
    log: sqliteLog({
      path: join(folder, `${++logs}.db`),
      maxStreamBytes,
      resumeMarginBytes,
      ttlMs: keepEndedMs,
      refusedTtlMs: keepRefusedMs,
    }),
    pass: (ms) => pass(ms),
  }),
  { describe, test },
)
