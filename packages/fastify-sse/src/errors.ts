import createError from '@fastify/error'
import { ERROR_TYPES, type ErrorFields, type ErrorType, meaningOf, type StreamingError } from '@sluice/core'

/** Thrown at start where a plugin is given something that it cannot work with. */
export const FST_ERR_SLUICE_OPTION = createError('FST_ERR_SLUICE_OPTION', 'Sluice: %s', 500, TypeError)

/** Thrown where `reply.stream` is given no function. */
export const FST_ERR_SLUICE_THUNK = createError(
  'FST_ERR_SLUICE_THUNK',
  'reply.stream takes a function that returns an async iterable, and got %s.',
  500,
  TypeError,
)

/** An error as Fastify's error handlers know them, with the fields of the protocol beside. */
export interface HttpStreamingError extends Error, Omit<ErrorFields, 'message'> {
  /** `FST_ERR_SLUICE_` and the error type in capitals. */
  readonly code: string
  readonly statusCode: number
}

/** What Fastify's error handlers, hooks and log see for a {@link StreamingError}. */
export function toHttpError(error: StreamingError): HttpStreamingError {
  const code = `FST_ERR_SLUICE_${error.type.toUpperCase()}`
  const HttpError = createError(code, '%s', error.status)
  const http = new HttpError(error.message)
  if (error.cause !== undefined) http.cause = error.cause
  // Fastify sets what an error brings as `headers`. RFC 9110 §10.2.3 knows whole seconds.
  const headers =
    error.retryAfterMs === undefined ? {} : { 'retry-after': Math.ceil(error.retryAfterMs / 1000) }
  return Object.assign(http, error.toWire(), { headers }) as unknown as HttpStreamingError
}

interface AnyHttpError extends Partial<ErrorFields> {
  readonly statusCode?: number
  readonly code?: string
  readonly error?: string
  readonly message: string
}

/**
 * The JSON of an error on our routes: Fastify's own fields, and the protocol's. Errors of Fastify (a body too
 * large), of hooks and of other plugins get the type that fits their status, so that a client reads one form.
 */
export function errorBody(error: AnyHttpError): Record<string, unknown> {
  const statusCode = error.statusCode ?? 500
  const type = (error.error_type as ErrorType | undefined) ?? typeForStatus(statusCode)
  const isKnown = error.error_type !== undefined || statusCode < 500
  return {
    statusCode,
    code: error.code,
    error: error.error,
    // What an unknown failure says of itself is for the server's log.
    message: isKnown ? error.message : meaningOf('unexpected_error'),
    error_type: type,
    recoverable: error.recoverable ?? ERROR_TYPES[type].recoverable,
    retry_after: error.retry_after,
    issues: error.issues,
    context: error.context,
  }
}

function typeForStatus(status: number): ErrorType {
  switch (status) {
    case 401:
      return 'authentication'
    case 403:
      return 'permission_denied'
    case 404:
      return 'not_found'
    case 429:
      return 'rate_limit'
    case 503:
      return 'capacity'
    default:
      return status < 500 ? 'invalid_request' : 'unexpected_error'
  }
}
