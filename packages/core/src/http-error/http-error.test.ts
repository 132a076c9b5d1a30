import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai'
import { describe, expect, test } from 'vitest'
import { ERROR_TYPES, type ErrorType, StreamingError } from '../errors.ts'
import { httpError } from './http-error.ts'

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
    const error = httpError(thrown)
    expect(error).toMatchObject({ type, recoverable: ERROR_TYPES[type].recoverable, retryAfterMs: undefined })
    expect(error.cause).toBe(thrown)
  })

  test.each<[number]>([[418], [451], [405], [415]])(
    '%d, which nobody knows, is not worth a retry',
    (status) => {
      expect(httpError(apiError(status)).recoverable).toBe(false)
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
    expect(httpError(apiError(status, { code })).type).toBe(type)
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
    expect(httpError(apiError(status, body)).type).toBe(type)
  })
})

describe('how long to wait', () => {
  const told = (headers: Record<string, string>) => httpError(apiError(429, {}, headers)).retryAfterMs

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
    expect(httpError(apiError(status, {}, { 'x-should-retry': value })).recoverable).toBe(recoverable)
  })
})

describe('what is no answer of the API', () => {
  test.each<[unknown, ErrorType]>([
    [new APIUserAbortError(), 'connection_closed'],
    [new APIConnectionTimeoutError(), 'first_chunk_timeout'],
    [new APIConnectionError({ message: 'Connection error.' }), 'connection_lost'],
    [new SyntaxError('Unexpected end of JSON input'), 'api_error'],
    [new Error('sk-secret'), 'unexpected_error'],
    ['sk-secret', 'unexpected_error'],
    [undefined, 'unexpected_error'],
  ])('%s is %s', (thrown, type) => {
    const error = httpError(thrown)
    expect(error).toMatchObject({ type, recoverable: ERROR_TYPES[type].recoverable })
    expect(error.cause).toBe(thrown)
    expect(error.message).not.toContain('sk-')
  })

  test('a StreamingError stays itself', () => {
    const error = new StreamingError('content_filter')
    expect(httpError(error)).toBe(error)
  })
})

/** An error that `fetch` rejects with. */
function fetchError(message: string, cause?: unknown): TypeError {
  return new TypeError(message, { cause })
}

function coded(code: string, message = code): Error {
  return Object.assign(new Error(message), { code })
}

describe('a network that failed', () => {
  test.each<[string, unknown]>([
    ['undici, before the answer', fetchError('fetch failed', coded('ECONNREFUSED'))],
    ['undici, in the body', fetchError('terminated', coded('UND_ERR_SOCKET', 'other side closed'))],
    ['undici, without a cause', fetchError('fetch failed')],
    ['node:http', coded('ECONNRESET', 'socket hang up')],
    ['DNS', fetchError('fetch failed', coded('ENOTFOUND'))],
    ['DNS, for now', fetchError('fetch failed', coded('EAI_AGAIN'))],
    ['a connect timeout', fetchError('fetch failed', coded('UND_ERR_CONNECT_TIMEOUT'))],
    [
      'all addresses of a host',
      fetchError('fetch failed', new AggregateError([coded('ENETUNREACH'), coded('ETIMEDOUT')])),
    ],
    ['node-fetch', coded('ERR_STREAM_PREMATURE_CLOSE', 'Premature close')],
    ['a broken HTTP parser', fetchError('terminated', coded('HPE_INVALID_CHUNK_SIZE'))],
    ['a client that wraps it', new APIConnectionError({ cause: fetchError('fetch failed', coded('EPIPE')) })],
    ['a client that says nothing more', new APIConnectionError({ message: 'Connection error.' })],
  ])('%s is connection_lost', (_name, thrown) => {
    const error = httpError(thrown)
    expect(error).toMatchObject({ type: 'connection_lost', recoverable: true, cause: thrown })
    expect(error.message).toMatch(/provider/)
  })

  test('says which timeout of undici it was', () => {
    expect(httpError(fetchError('fetch failed', coded('UND_ERR_HEADERS_TIMEOUT'))).type).toBe(
      'first_chunk_timeout',
    )
    expect(httpError(fetchError('terminated', coded('UND_ERR_BODY_TIMEOUT'))).type).toBe('chunk_timeout')
  })

  test('a chain of causes may be a circle', () => {
    const error = new Error('round')
    error.cause = error
    expect(httpError(error).type).toBe('unexpected_error')
  })
})

describe('a mistake in the set-up', () => {
  const request = async (url: string, headers: Record<string, string> = {}): Promise<unknown> => {
    try {
      return await fetch(url, { headers })
    } catch (error) {
      return error
    }
  }

  test.each<[string, () => Promise<unknown>]>([
    ['a key with a line break', () => request('http://127.0.0.1/', { authorization: 'Bearer a\nb' })],
    ['a key with a typographic dash', () => request('http://127.0.0.1/', { authorization: 'Bearer a—b' })],
    ['an address that is none', () => request('not a url')],
    ['a protocol that is none', () => request('foo://localhost/')],
    ['a port that browsers refuse', () => request('http://127.0.0.1:6000/')],
    ['a certificate', async () => fetchError('fetch failed', coded('DEPTH_ZERO_SELF_SIGNED_CERT'))],
    [
      'one that a client wraps',
      async () => new APIConnectionError({ cause: (await request('foo://localhost/')) as Error }),
    ],
  ])('%s is said as one, and not retried', async (_name, make) => {
    const thrown = await make()
    const error = httpError(thrown)
    expect(error).toMatchObject({ type: 'unexpected_error', recoverable: false, cause: thrown })
    expect(error.message).toMatch(/set up/)
  })

  test('a defect is not a failure of the network', () => {
    const thrown = new TypeError("Cannot read properties of undefined (reading 'delta')")
    expect(httpError(thrown)).toMatchObject({ type: 'unexpected_error', recoverable: false, cause: thrown })
    expect(httpError(thrown).message).not.toMatch(/set up|delta/)
  })
})

/** An error as clients other than `openai` throw it. */
function thrownWith(fields: object, message = 'said by the provider'): Error {
  return Object.assign(new Error(message), fields)
}

describe('whatever carries a status', () => {
  const retryInfo = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.5s' }
  const google = (code: number, status: string, message: string, details: readonly unknown[] = []) =>
    thrownWith(
      { name: 'ApiError', status: code },
      JSON.stringify({ error: { code, status, message, details } }),
    )

  test.each<[string, unknown, ErrorType, number | undefined]>([
    ['statusCode', thrownWith({ statusCode: 429 }), 'rate_limit', undefined],
    ['a status in words', thrownWith({ status: '503' }), 'server_overloaded', undefined],
    ['a response', thrownWith({ response: { status: 401 } }), 'authentication', undefined],
    ['a class of another copy', thrownWith({ name: 'RateLimitError', status: 429 }), 'rate_limit', undefined],
    [
      'Anthropic',
      thrownWith({
        status: 529,
        error: { type: 'error', error: { type: 'overloaded_error', message: 'no' } },
      }),
      'server_overloaded',
      undefined,
    ],
    [
      'Anthropic, in the stream',
      thrownWith({ error: { type: 'error', error: { type: 'rate_limit_error', message: 'no' } } }),
      'rate_limit',
      undefined,
    ],
    [
      'Anthropic, too long',
      thrownWith({
        status: 400,
        error: {
          type: 'error',
          error: {
            type: 'invalid_request_error',
            message: 'prompt is too long: 210000 tokens > 200000 maximum',
          },
        },
      }),
      'context_length_exceeded',
      undefined,
    ],
    ['Google', google(429, 'RESOURCE_EXHAUSTED', 'no', [retryInfo]), 'rate_limit', 34_500],
    ['Google, overloaded', google(503, 'UNAVAILABLE', 'no'), 'server_overloaded', undefined],
    [
      'Google, a wrong key',
      google(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.'),
      'authentication',
      undefined,
    ],
    [
      'the AI SDK',
      thrownWith({
        name: 'AI_APICallError',
        statusCode: 429,
        responseHeaders: { 'Retry-After': '3' },
        responseBody: '{"error":{"message":"no","code":"rate_limit_exceeded"}}',
      }),
      'rate_limit',
      3000,
    ],
    [
      'the AI SDK, after its own retries',
      thrownWith({ name: 'AI_RetryError', lastError: thrownWith({ statusCode: 503 }) }),
      'server_overloaded',
      undefined,
    ],
    [
      'AWS',
      thrownWith({ name: 'ThrottlingException', $metadata: { httpStatusCode: 429 } }),
      'rate_limit',
      undefined,
    ],
    ['AWS, in the stream', thrownWith({ name: 'ModelStreamErrorException' }), 'api_error', undefined],
    [
      'a response of fetch',
      new Response('no', { status: 503, headers: { 'retry-after': '4' } }),
      'server_overloaded',
      4000,
    ],
    ['axios', thrownWith({ response: { status: 429, headers: { 'retry-after': '2' } } }), 'rate_limit', 2000],
  ])('%s', (_name, thrown, type, retryAfterMs) => {
    expect(httpError(thrown)).toMatchObject({ type, retryAfterMs, cause: thrown })
  })
})

describe('an error object out of a stream', () => {
  test.each<[object, ErrorType]>([
    [{ error: { code: 429, message: 'no' } }, 'rate_limit'],
    [{ error: { code: 402, message: 'no' } }, 'quota_exceeded'],
    [{ error: { code: '401', message: 'no' } }, 'authentication'],
    [{ code: 403, message: 'no' }, 'permission_denied'],
    [{ error: { code: 503, message: 'no' } }, 'server_overloaded'],
    [{ error: { type: 'too_many_requests', code: 'too_many_requests', message: 'no' } }, 'rate_limit'],
    [{ error: { type: 'TooManyRequests', message: 'no' } }, 'rate_limit'],
    [{ object: 'error', message: 'boom', type: 'InternalServerError', param: null, code: 500 }, 'api_error'],
    [{ type: 'error', sequence_number: 2, code: 429, message: 'slow down' }, 'rate_limit'],
    [{ error: 'boom', message: 'no' }, 'api_error'],
    [{ error: {} }, 'api_error'],
  ])('%j is %s', (thrown, type) => {
    expect(httpError(thrown).type).toBe(type)
  })

  test.each<[string, ErrorType]>([
    [
      "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens",
      'context_length_exceeded',
    ],
    [
      'the request exceeds the available context size. try increasing the context size',
      'context_length_exceeded',
    ],
    ['prompt is too long: 1284668 tokens > 1000000 maximum', 'context_length_exceeded'],
    [
      'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
      'context_length_exceeded',
    ],
    ['Your credit balance is too low to access the Anthropic API.', 'quota_exceeded'],
    ['temperature has to be below 2', 'invalid_request'],
  ])('a 400 that says “%s” is %s', (message, type) => {
    expect(httpError({ error: { code: 400, message } }).type).toBe(type)
  })

  test.each<[string, number | undefined]>([
    ['Please try again in 1.5s.', 1500],
    ['Please try again in 7m30.5s. Visit', 450_500],
    ['Please retry after 6 seconds.', 6000],
    ['try again in 20ms', 20],
    ['try again later', undefined],
  ])('a rate limit that says “%s” waits %s ms', (message, retryAfterMs) => {
    expect(httpError({ error: { code: 'rate_limit_exceeded', message } }).retryAfterMs).toBe(retryAfterMs)
  })
})

test('a wait is a finite number, whatever a server says', () => {
  const thrown = thrownWith({ status: 429, headers: { 'retry-after': '9'.repeat(400) } })
  expect(httpError(thrown).retryAfterMs).toBeLessThan(Number.MAX_SAFE_INTEGER)
})

test.each([400, 401, 403, 404, 429, 500, 503])(
  'nothing that the provider wrote with a %d is in the message',
  (status) => {
    const message = 'Incorrect API key provided: sk-live-123 for org-acme: "my secret prompt"'
    const wire = JSON.stringify(httpError(apiError(status, { message })).toWire())
    expect(wire).not.toMatch(/sk-live|org-acme|secret prompt/)
  },
)
