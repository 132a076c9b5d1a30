import fc from 'fast-check'
import { expect, test } from 'vitest'
import { scopeOfParams } from './scope.ts'

test('a route without parameters, or with the plugin’s own only, has no scope', () => {
  expect(scopeOfParams({})).toBe(null)
  expect(scopeOfParams(undefined)).toBe(null)
  expect(scopeOfParams({ streamId: 'x' }, ['streamId'])).toBe(null)
})

test('two routes have the same scope exactly if the same parameters have the same values', () => {
  const params = fc.dictionary(fc.constantFrom('tenant', 'room'), fc.string({ maxLength: 2 }))
  fc.assert(
    fc.property(params, params, fc.string(), (one, other, streamId) => {
      const isSame =
        JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort())
      expect(scopeOfParams({ ...one, streamId }, ['streamId']) === scopeOfParams(other)).toBe(isSame)
    }),
  )
})
