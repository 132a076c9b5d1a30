import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { PAGE_FOLDER } from '../src/server/built-page.ts'

/** The files that a script imports before it runs, without those that it may fetch later. */
function importsOf(code: string): string[] {
  return [...code.matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g)].map(([, file]) => file!)
}

test('the page is painted with less than 100 kB of script', async () => {
  const html = await readFile(join(PAGE_FOLDER, 'index.html'), 'utf8')
  const wanted = [...html.matchAll(/(?:src|href)="\/assets\/([\w.-]+\.js)"/g)].map(([, file]) => file!)
  expect(wanted.length).toBeGreaterThan(0)
  const sizes = new Map<string, number>()
  for (const file of wanted) {
    if (sizes.has(file)) continue
    const code = await readFile(join(PAGE_FOLDER, 'assets', file))
    sizes.set(file, gzipSync(code).length)
    wanted.push(...importsOf(code.toString()))
  }
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0)
  expect(total, JSON.stringify([...sizes])).toBeLessThan(100_000)
})
