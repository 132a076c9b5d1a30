import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkOrigin, type OriginOptions, type RequestOrigin } from './origin.ts'

const closed: OriginOptions = { allowedOrigins: [], allowMissingOrigin: false, allowNullOrigin: false }

function isAllowed(
  origin: string | undefined,
  options: Partial<OriginOptions> = {},
  request: Partial<RequestOrigin> = {},
): boolean {
  try {
    checkOrigin({ origin, host: 'app.example', isSecure: false, ...request }, { ...closed, ...options })
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
  expect(() =>
    checkOrigin({ origin: 'https://evil.example', host: 'app.example', isSecure: false }, closed),
  ).toThrow("Origin: 'https://evil.example' is not allowed here.")
  expect(() => checkOrigin({ origin: undefined, host: 'app.example', isSecure: false }, closed)).toThrow(
    /^Origin: is missing, which is not allowed here\./,
  )
})

test('a page of the own host without TLS is refused if the server knows that the client used TLS', () => {
  const secure = { isSecure: true }
  expect(isAllowed('https://app.example', {}, secure)).toBe(true)
  expect(isAllowed('http://app.example', {}, secure)).toBe(false)
  expect(isAllowed('http://app.example', { allowedOrigins: ['http://app.example'] }, secure)).toBe(true)
})

test('a WebSocket with a cookie and no Origin is refused, unless an option says otherwise', () => {
  const options = { allowedOrigins: [], allowNullOrigin: false }
  const socket = { origin: undefined, host: 'app.example', isSecure: false, isSocketWithCookie: true }
  expect(() => checkOrigin(socket, options)).toThrow(/is missing.*proxy/)
  expect(() => checkOrigin(socket, { ...options, allowMissingOrigin: true })).not.toThrow()
  expect(() => checkOrigin({ ...socket, isSocketWithCookie: false }, options)).not.toThrow()
})

test('a page whose browser says that it asks its own origin is allowed, whatever a proxy made of Host', () => {
  const behindProxy = { origin: 'http://localhost:5173', host: 'localhost:3000', isSecure: false }
  expect(() => checkOrigin(behindProxy, closed)).toThrow(/host 'localhost:3000'.*allowedOrigins.*trustProxy/)
  expect(() => checkOrigin({ ...behindProxy, site: 'same-origin' }, closed)).not.toThrow()
  for (const site of ['same-site', 'cross-site', 'none', '']) {
    expect(() => checkOrigin({ ...behindProxy, site }, closed)).toThrow()
  }
  // A sandboxed frame: its origin is null, also if it asks its own server.
  expect(() => checkOrigin({ ...behindProxy, origin: 'null', site: 'same-origin' }, closed)).toThrow()
})
