import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('a stream that is kept takes 8 kB beside its text, and their number is bounded', async () => {
  const run = promisify(execFile)
  const args = ['--conditions=sluice-source', 'stream-memory.ts']
  const { stdout } = await run(process.execPath, args, { cwd: import.meta.dirname })
  const { streams, rssEach } = JSON.parse(stdout) as { readonly streams: number; readonly rssEach: number }
  console.log(`${streams} streams, ${Math.round(rssEach)} B of RSS each`)
  expect(streams).toBe(16_384)
  expect(rssEach).toBeLessThan(8_192)
}, 120_000)
