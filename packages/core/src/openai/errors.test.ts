import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai'
import { describe, expect, test } from 'vitest'
import { ERROR_TYPES, type ErrorType, StreamingError } from '../errors.ts'
import { openaiError } from './errors.ts'

interface Body {
  readonly code?: string | number | null
  readonly type?: string
  readonly message?: string
}

function apiError(
  status: number | undefined,
  body: Body = {},
  headers: Record<string, string> = {},
): APIError {
  // In the middle of a stream there is no status, and the client makes the error by hand.
  if (status === undefined) return new APIError(undefined, body, body.message, new Headers(headers))
  return APIError.generate(status, { error: body }, body.message, new Headers(headers))
}

describe('a status', () => {
  test.each<[number, ErrorType]>([
    [400, 'invalid_request'],
    [401, 'authentication'],
    [402, 'quota_exceeded'],
    [403, 'permission_denied'],
    [404, 'not_found'],
    [408, 'first_chunk_timeout'],
    [409, 'api_error'],
    [413, 'context_length_exceeded'],
    [422, 'invalid_request'],
    [429, 'rate_limit'],
    [500, 'api_error'],
    [502, 'api_error'],
    [503, 'server_overloaded'],
    [504, 'first_chunk_timeout'],
    [520, 'api_error'],
    [529, 'server_overloaded'],
  ])('%d without a word is %s', (status, type) => {
    const thrown = apiError(status)
    const error = openaiError(thrown)
    expect(error).toMatchObject({ type, recoverable: ERROR_TYPES[type].recoverable, retryAfterMs: undefined })
    expect(error.cause).toBe(thrown)
  })

  test.each<[number]>([[418], [451], [405], [415]])(
    '%d, which nobody knows, is not worth a retry',
    (status) => {
      expect(openaiError(apiError(status)).recoverable).toBe(false)
    },
  )
})

describe('a code', () => {
  test.each<[number | undefined, string, ErrorType]>([
    [429, 'insufficient_quota', 'quota_exceeded'],
    [429, 'billing_hard_limit_reached', 'quota_exceeded'],
    [429, 'billing_not_active', 'quota_exceeded'],
    [429, 'rate_limit_exceeded', 'rate_limit'],
    [400, 'context_length_exceeded', 'context_length_exceeded'],
    [400, 'string_above_max_length', 'context_length_exceeded'],
    [400, 'content_filter', 'content_filter'],
    [400, 'content_policy_violation', 'content_filter'],
    [400, 'invalid_prompt', 'invalid_request'],
    [401, 'invalid_api_key', 'authentication'],
    [404, 'model_not_found', 'not_found'],
    [500, 'server_error', 'api_error'],
    [undefined, 'server_error', 'api_error'],
    [undefined, 'rate_limit_exceeded', 'rate_limit'],
    [undefined, 'overloaded_error', 'server_overloaded'],
    [400, 'something_new', 'invalid_request'],
    [undefined, 'something_new', 'api_error'],
    [undefined, 'toString', 'api_error'],
  ])('with status %s of %s is %s', (status, code, type) => {
    expect(openaiError(apiError(status, { code })).type).toBe(type)
  })

  test.each<[number | undefined, Body, ErrorType]>([
    [429, { type: 'insufficient_quota', code: null }, 'quota_exceeded'],
    [undefined, { type: 'server_error' }, 'api_error'],
    [undefined, { type: 'overloaded_error', code: null }, 'server_overloaded'],
    [undefined, { code: 502 }, 'api_error'],
    [undefined, {}, 'api_error'],
    [429, { type: 'tokens', code: 'rate_limit_exceeded' }, 'rate_limit'],
    [401, { type: 'invalid_request_error', code: null }, 'authentication'],
    [503, { type: 'server_error', code: null }, 'server_overloaded'],
  ])('missing, with status %s and %o is %s', (status, body, type) => {
    expect(openaiError(apiError(status, body)).type).toBe(type)
  })
})

describe('how long to wait', () => {
  const told = (headers: Record<string, string>) => openaiError(apiError(429, {}, headers)).retryAfterMs

  test.each<[Record<string, string>, number | undefined]>([
    [{}, undefined],
    [{ 'retry-after': '2' }, 2000],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': '1.5' }, 1500],
    [{ 'retry-after-ms': '1234' }, 1234],
    [{ 'retry-after-ms': '0' }, 0],
    [{ 'retry-after-ms': '250', 'retry-after': '9' }, 250],
    [{ 'retry-after-ms': 'soon', 'retry-after': '9' }, 9000],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '' }, undefined],
    [{ 'retry-after': '-5' }, undefined],
    [{ 'retry-after-ms': '-5' }, undefined],
    [{ 'retry-after': 'Infinity' }, undefined],
    [{ 'retry-after-ms': 'Infinity' }, undefined],
    [{ 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, 0],
  ])('from %o is %s ms', (headers, retryAfterMs) => {
    expect(told(headers)).toBe(retryAfterMs)
  })

  test('from a date to come is until then', () => {
    const inAMinute = new Date(Math.ceil(Date.now() / 1000) * 1000 + 60_000)
    const retryAfterMs = told({ 'retry-after': inAMinute.toUTCString() })
    expect(retryAfterMs).toBeGreaterThan(59_000)
    expect(retryAfterMs).toBeLessThanOrEqual(61_000)
  })
})

describe('x-should-retry', () => {
  test.each<[number, string, boolean]>([
    [400, 'true', true],
    [401, 'true', true],
    [429, 'false', false],
    [500, 'false', false],
    [500, 'maybe', true],
    [400, 'maybe', false],
  ])('on a %d of %j: recoverable is %s', (status, value, recoverable) => {
    expect(openaiError(apiError(status, {}, { 'x-should-retry': value })).recoverable).toBe(recoverable)
  })
})

describe('what is no answer of the API', () => {
  test.each<[unknown, ErrorType]>([
    [new APIUserAbortError(), 'connection_closed'],
    [new APIConnectionTimeoutError(), 'first_chunk_timeout'],
    [new APIConnectionError({ message: 'Connection error.' }), 'connection_lost'],
    [new TypeError('terminated'), 'connection_lost'],
    [new SyntaxError('Unexpected end of JSON input'), 'api_error'],
    [new Error('sk-secret'), 'unexpected_error'],
    ['sk-secret', 'unexpected_error'],
    [undefined, 'unexpected_error'],
  ])('%s is %s', (thrown, type) => {
    const error = openaiError(thrown)
    expect(error).toMatchObject({ type, recoverable: ERROR_TYPES[type].recoverable })
    expect(error.cause).toBe(thrown)
    expect(error.message).not.toContain('sk-')
  })

  test('a StreamingError stays itself', () => {
    const error = new StreamingError('content_filter')
    expect(openaiError(error)).toBe(error)
  })
})

test.each([400, 401, 403, 404, 429, 500, 503])(
  'nothing that the provider wrote with a %d is in the message',
  (status) => {
    const message = 'Incorrect API key provided: sk-live-123 for org-acme: "my secret prompt"'
    const wire = JSON.stringify(openaiError(apiError(status, { message })).toWire())
    expect(wire).not.toMatch(/sk-live|org-acme|secret prompt/)
  },
)
