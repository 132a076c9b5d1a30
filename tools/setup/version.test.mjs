import { expect, test } from 'vitest'
import { isAtLeast } from './version.mjs'

test.each([
  ['22.12.0', '22.12.0'],
  ['v22.12.1', '22.12.0'],
  ['24.0.0', '22.12.0'],
  ['22.13.0-rc.1', '22.12.0'],
])('%s is at least %s', (actual, wanted) => {
  expect(isAtLeast(actual, wanted)).toBe(true)
})

test.each([
  ['20.20.2', '22.12.0'],
  ['22.9.0', '22.12.0'],
  ['v22.11.9', '22.12.0'],
])('%s is older than %s', (actual, wanted) => {
  expect(isAtLeast(actual, wanted)).toBe(false)
})
