import { expect, test } from 'vitest'
import { createKey } from './key.ts'

test('128 bits, in characters that a key may have, never the same', () => {
  const keys = new Set(Array.from({ length: 500 }, createKey))
  expect(keys.size).toBe(500)
  for (const key of keys) {
    expect(key).toMatch(/^[0-9a-f]{32}$/)
  }
})
