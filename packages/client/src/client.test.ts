import { expect, test } from 'vitest'
import { scripted } from '../test/scripted-transport.ts'

const { client } = scripted()

test('each start has a key of 128 bits, in characters that a key may have, never the same', () => {
  const page = client({ storage: null })
  const keys = Array.from({ length: 500 }, () => {
    const session = page.start('chat', null)
    session.detach()
    return session.idempotencyKey
  })
  expect(new Set(keys).size).toBe(500)
  for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/)
})
