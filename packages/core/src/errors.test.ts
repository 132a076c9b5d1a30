import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ERROR_TYPES, type ErrorType, isErrorType, StreamingError, toStreamingError } from './errors.ts'
import { meaningOf as browserMeaningOf } from './meanings.browser.ts'
import { meaningOf } from './meanings.ts'

const TYPES = Object.keys(ERROR_TYPES) as ErrorType[]

describe('ERROR_TYPES', () => {
  test('is the closed set of the protocol', () => {
    expect(TYPES.toSorted()).toEqual([
      'api_error',
      'authentication',
      'capacity',
      'chunk_timeout',
      'conflict',
      'connection_closed',
      'connection_lost',
      'content_filter',
      'context_length_exceeded',
      'first_chunk_timeout',
      'flow_control_timeout',
      'invalid_request',
      'log_full',
      'not_found',
      'permission_denied',
      'producer_lost',
      'protocol_error',
      'quota_exceeded',
      'rate_limit',
      'resume_expired',
      'server_overloaded',
      'shutting_down',
      'unexpected_error',
    ])
  })

  test.each(TYPES)('%s has a whole row', (type) => {
    const { recoverable, status, closeCode } = ERROR_TYPES[type]
    expect(recoverable).toBeTypeOf('boolean')
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(600)
    expect(meaningOf(type)).toMatch(/^[A-Z].*\.$/)
    expect(browserMeaningOf(type)).toMatch(/^[a-z ]+\.$/)
    // 4000 to 4499: the client may reconnect; 4500 to 4999: it must not. The others are RFC 6455's.
    if (closeCode === null) return
    if (closeCode >= 4500) expect(recoverable).toBe(false)
    else if (closeCode >= 4000) expect(recoverable).toBe(true)
    else expect([1012, 1013]).toContain(closeCode)
  })

  test('tells a quota that no waiting mends from a rate limit', () => {
    expect(ERROR_TYPES.rate_limit).toMatchObject({ recoverable: true, status: 429 })
    expect(ERROR_TYPES.quota_exceeded).toMatchObject({ recoverable: false, status: 429 })
  })

  test('knows its own names only', () => {
    for (const type of TYPES) expect(isErrorType(type)).toBe(true)
    for (const other of ['toString', '__proto__', 'constructor', '', 'RATE_LIMIT', 3, null, undefined]) {
      expect(isErrorType(other)).toBe(false)
    }
  })
})

describe('StreamingError', () => {
  test.each(TYPES)('of type %s takes its defaults from the table', (type) => {
    const error = new StreamingError(type)
    const { recoverable, status } = ERROR_TYPES[type]
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({
      name: 'StreamingError',
      type,
      message: meaningOf(type),
      recoverable,
      status,
    })
    expect('cause' in error).toBe(false)
  })

  test('takes what is said of it over the table', () => {
    const cause = new Error('inner')
    const error = new StreamingError('rate_limit', 'Wait.', { recoverable: false, status: 420, cause })
    expect(error).toMatchObject({ message: 'Wait.', recoverable: false, status: 420, cause })
  })

  test('never puts its cause, status or stack on the wire', () => {
    const cause = new Error('sk-secret', { cause: 'sk-deeper' })
    const error = new StreamingError('authentication', undefined, { cause, status: 500 })
    const wire = JSON.stringify(error.toWire())
    expect(JSON.parse(wire)).toEqual({
      error_type: 'authentication',
      message: meaningOf('authentication'),
      recoverable: false,
    })
    expect(wire).not.toContain('sk-')
  })

  test('says retry_after in seconds', () => {
    expect(new StreamingError('rate_limit', '', { retryAfterMs: 1500 }).toWire().retry_after).toBe(1.5)
    expect(new StreamingError('rate_limit', '', { retryAfterMs: 0.2 }).toWire().retry_after).toBe(0.001)
    expect(new StreamingError('rate_limit', '', { retryAfterMs: 0 }).toWire().retry_after).toBe(0)
  })

  test('is the same after a journey over the wire', () => {
    const errors = fc.record({
      type: fc.constantFrom(...TYPES),
      message: fc.string({ unit: 'binary' }),
      options: fc.record(
        {
          recoverable: fc.boolean(),
          retryAfterMs: fc.nat({ max: 10_000_000 }),
          retryCount: fc.nat(),
          issues: fc.array(
            fc.record({ path: fc.array(fc.oneof(fc.string(), fc.nat())), message: fc.string() }),
          ),
          context: fc.dictionary(fc.string(), fc.jsonValue()),
        },
        { requiredKeys: [] },
      ),
    })
    fc.assert(
      fc.property(errors, ({ type, message, options }) => {
        const sent = new StreamingError(type, message, options)
        const received = StreamingError.fromWire(JSON.parse(JSON.stringify(sent.toWire())))
        expect(JSON.stringify(received.toWire())).toEqual(JSON.stringify(sent.toWire()))
        expect(received.type).toBe(type)
        expect(received.retryAfterMs).toBe(options.retryAfterMs)
      }),
    )
  })

  test.each([[{}], [{ error_type: 'from_the_future', message: 'Hm.' }], [{ error_type: 'toString' }]])(
    'makes of the wire form %o an unexpected_error',
    (fields) => {
      expect(StreamingError.fromWire(fields).type).toBe('unexpected_error')
    },
  )
})

describe('toStreamingError', () => {
  test('leaves what is one already as it is', () => {
    const error = new StreamingError('api_error')
    expect(toStreamingError(error)).toBe(error)
  })

  test.each([[new Error('sk-secret')], ['sk-secret'], [undefined], [null], [{ type: 'rate_limit' }]])(
    'gives nothing of %o away, and keeps it',
    (thrown) => {
      const error = toStreamingError(thrown)
      expect(error).toMatchObject({ type: 'unexpected_error', message: meaningOf('unexpected_error') })
      expect(error.cause).toBe(thrown)
    },
  )
})
