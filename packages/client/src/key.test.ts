import { expect, test } from 'vitest'
import { createKey } from './key.ts'

test('128 bits, base64url, never the same', () => {
  const keys = new Set(Array.from({ length: 500 }, createKey))
  expect(keys.size).toBe(500)
  for (const key of keys) {
    expect(key).toMatch(/^[\w-]{22}$/)
    expect(Buffer.from(key, 'base64url')).toHaveLength(16)
  }
})
