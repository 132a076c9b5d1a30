import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { markdownTable, plainTable, referenceTables } from './reference-tables.ts'

const textOf = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
// The formatter pads the README's tables.
const readme = textOf('README.md')
  .replace(/ {2,}\|/g, ' |')
  .replace(/-{3,}/g, '---')

test.each(referenceTables)('the README has the table “$title” as the server works', (table) => {
  expect(readme).toContain(markdownTable(table))
})

test('a table for a terminal is aligned and has no Markdown', () => {
  const rows = [
    ['a', 'the `first`'],
    ['bcd', 'the second'],
  ] as const
  expect(plainTable({ title: 'Letters', columns: ['letter', 'meaning'], rows })).toBe(
    'Letters:\n  a    the first\n  bcd  the second',
  )
})
