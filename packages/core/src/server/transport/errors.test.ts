import { expect, test } from 'vitest'
import { StreamingError } from '../../errors.ts'
import { asHttpError, asStreamingError, InvalidOptionError, serializeAnswer, toHttpError } from './errors.ts'

test('an HTTP error keeps the cause, and asks to come back in whole seconds', () => {
  const cause = new Error('the database is down')
  const error = new StreamingError('capacity', undefined, { retryAfterMs: 1_200, cause })
  const http = toHttpError(error)
  expect(http.cause).toBe(cause)
  expect(http).toMatchObject({
    code: 'FST_ERR_SLUICE_CAPACITY',
    statusCode: 503,
    headers: { 'retry-after': '2' },
    error_type: 'capacity',
    recoverable: true,
    retry_after: 1.2,
    message: error.message,
  })
})

test('an HTTP error without a cause or a wait has neither', () => {
  const http = toHttpError(new StreamingError('not_found'))
  expect(http).not.toHaveProperty('cause')
  expect(http.headers).toEqual({})
})

test('what is not an error of Sluice stays what it is', () => {
  const error = new TypeError('no')
  expect(asHttpError(error)).toBe(error)
})

test('an answer is JSON; an error in it has the form of the protocol, and an unknown failure no message', () => {
  expect(serializeAnswer({ a: 1 })).toBe('{"a":1}')
  expect(JSON.parse(serializeAnswer(new StreamingError('conflict')))).toMatchObject({
    statusCode: 409,
    error: 'Conflict',
    error_type: 'conflict',
  })
  const tooLarge = Object.assign(new Error('too large'), { statusCode: 413, code: 'FST_ERR_BODY' })
  expect(JSON.parse(serializeAnswer(tooLarge))).toMatchObject({
    code: 'FST_ERR_BODY',
    error_type: 'invalid_request',
    message: 'too large',
  })
  expect(serializeAnswer(new Error('password=hunter2'))).not.toContain('hunter2')
  const busy = Object.assign(new Error('event loop'), { statusCode: 503 })
  expect(JSON.parse(serializeAnswer(busy))).toMatchObject({
    error_type: 'capacity',
    message: 'The server is busy and cannot take another stream or viewer now.',
  })
})

test('an invalid option has a code that Fastify knows', () => {
  const error = new InvalidOptionError('hub has to be a hub.')
  expect(error).toBeInstanceOf(TypeError)
  expect(error).toMatchObject({ code: 'FST_ERR_SLUICE_OPTION', message: 'Sluice: hub has to be a hub.' })
})

test('any error before a stream has a type, the status that it says, and no message if it is unknown', () => {
  const own = new StreamingError('capacity', 'Full.', { retryAfterMs: 1_500, status: 529 })
  expect(asStreamingError(own)).toBe(own)
  expect(asStreamingError(toHttpError(own))).toMatchObject({
    type: 'capacity',
    message: 'Full.',
    status: 529,
    retryAfterMs: 1_500,
  })
  const tooLarge = Object.assign(new Error('Request body is too large'), { statusCode: 413 })
  expect(asStreamingError(tooLarge)).toMatchObject({
    type: 'invalid_request',
    message: 'Request body is too large',
    status: 413,
    cause: tooLarge,
  })
  for (const unknown of [
    new Error('a secret'),
    'a secret',
    Object.assign(new Error('a secret'), { statusCode: 502 }),
  ]) {
    const error = asStreamingError(unknown)
    expect(error.type).toBe('unexpected_error')
    expect(error.message).not.toContain('secret')
  }
})
