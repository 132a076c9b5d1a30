import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkOrigin, type OriginOptions } from './origin.ts'

const closed: OriginOptions = { allowedOrigins: [], allowMissingOrigin: false, allowNullOrigin: false }

function isAllowed(origin: string | undefined, options: Partial<OriginOptions> = {}): boolean {
  try {
    checkOrigin({ origin, host: 'app.example' }, { ...closed, ...options })
    return true
  } catch {
    return false
  }
}

test('pages of the own host are allowed, and no others', () => {
  for (const origin of ['https://app.example', 'http://app.example']) expect(isAllowed(origin)).toBe(true)
  for (const origin of ['https://app.example:8443', 'https://app.example.evil', 'app.example', 'null', ''])
    expect(isAllowed(origin)).toBe(false)
})

test('a request without Origin, and one that says null, are as the options say', () => {
  expect(isAllowed(undefined)).toBe(false)
  expect(isAllowed(undefined, { allowMissingOrigin: true })).toBe(true)
  expect(isAllowed('null', { allowNullOrigin: true })).toBe(true)
  expect(isAllowed('null', { allowedOrigins: ['null'] })).toBe(true)
  expect(isAllowed('null', { allowedOrigins: true })).toBe(true)
})

test('every origin is allowed if all are, and if it is listed', () => {
  fc.assert(
    fc.property(fc.oneof(fc.webUrl(), fc.string()), (origin) => {
      expect(isAllowed(origin, { allowedOrigins: true })).toBe(true)
      expect(isAllowed(origin, { allowedOrigins: [origin] })).toBe(true)
    }),
  )
})

test('the refusal names the origin', () => {
  expect(() => checkOrigin({ origin: 'https://evil.example', host: 'app.example' }, closed)).toThrow(
    "Origin: 'https://evil.example' is not allowed here.",
  )
  expect(() => checkOrigin({ origin: undefined, host: 'app.example' }, closed)).toThrow(
    'Origin: is missing, which is not allowed here.',
  )
})
