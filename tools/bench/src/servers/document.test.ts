import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { documents } from './document.ts'

const DOCS = new URL('../../../../docs/', import.meta.url)

test.each([...documents()])('docs/%s is what the stored figures make', (path, text) => {
  const file = new URL(path, DOCS)
  // Stale: npm run bench -- document
  expect(existsSync(file) && readFileSync(file, 'utf8')).toBe(text)
})
