import { STATUS_CODES } from 'node:http'
import { meaningOf } from '#meanings'
import {
  ERROR_TYPES,
  type ErrorFields,
  type ErrorType,
  isErrorType,
  StreamingError,
  toStreamingError,
} from '../../errors.ts'

/** Thrown when a plugin is registered with an option that is not valid. Its message names the option. */
export class InvalidOptionError extends TypeError {
  override readonly name = 'FastifyError'
  readonly code = 'FST_ERR_SLUICE_OPTION'
  readonly statusCode = 500

  constructor(message: string) {
    super(`Sluice: ${message}`)
  }
}

/** An error as HTTP frameworks know it, with the fields of the protocol. */
export interface HttpStreamingError extends Error, Omit<ErrorFields, 'message'> {
  /** `FST_ERR_SLUICE_` and the error type in capitals. */
  readonly code: string
  readonly statusCode: number
  /** Header fields of the answer. Fastify's own error handler sets them. */
  readonly headers: Readonly<Record<string, string>>
}

class HttpError extends Error {
  // The name that Fastify's own errors have: error handlers and logs look at it.
  override readonly name = 'FastifyError'
}

/** The error that handlers, hooks and logs see if a {@link StreamingError} is thrown before a stream exists. */
export function toHttpError(error: StreamingError): HttpStreamingError {
  const { cause, message, retryAfterMs, status, type } = error
  const http = new HttpError(message, cause === undefined ? {} : { cause })
  return Object.assign(http, error.toWire(), {
    code: `FST_ERR_SLUICE_${type.toUpperCase()}`,
    statusCode: status,
    // RFC 9110 §10.2.3 knows whole seconds.
    headers: retryAfterMs === undefined ? {} : { 'retry-after': `${Math.ceil(retryAfterMs / 1000)}` },
  })
}

/** The thrown value; a {@link StreamingError} is converted by {@link toHttpError}. */
export function asHttpError(thrown: unknown): unknown {
  return thrown instanceof StreamingError ? toHttpError(thrown) : thrown
}

interface AnyHttpError extends Partial<Omit<ErrorFields, 'message'>> {
  readonly statusCode?: number
  readonly code?: string
  readonly message: string
}

/**
 * The JSON body of an error: Fastify's own fields and the protocol's (PROTOCOL.md, "Error body"). An error of Fastify
 * (a body too large), of a hook or of another plugin gets the type that fits its status, so that a client reads one form.
 */
export function errorBody(error: AnyHttpError): Record<string, unknown> {
  const statusCode = error.statusCode ?? 500
  const type = (error.error_type as ErrorType | undefined) ?? typeForStatus(statusCode)
  const isKnown = error.error_type !== undefined || statusCode < 500
  return {
    statusCode,
    code: error.code,
    error: STATUS_CODES[statusCode],
    // The message of an unknown failure is for the server's log only.
    message: isKnown ? error.message : meaningOf(type),
    error_type: type,
    recoverable: error.recoverable ?? ERROR_TYPES[type].recoverable,
    retry_after: error.retry_after,
    issues: error.issues,
    context: error.context,
  }
}

/**
 * The {@link StreamingError} of anything that was thrown before a stream exists: by Sluice, by Fastify (a body too large), by a
 * hook or by another plugin. An error that says its status keeps it. For wires, whose clients read another form than
 * {@link errorBody}.
 */
export function asStreamingError(thrown: unknown): StreamingError {
  if (thrown instanceof StreamingError || !(thrown instanceof Error)) return toStreamingError(thrown)
  const { statusCode = 500, error_type, ...rest }: Partial<HttpStreamingError> = thrown
  const type = isErrorType(error_type) ? error_type : typeForStatus(statusCode)
  // The message of an unknown failure is for the server's log only.
  const isKnown = error_type !== undefined || statusCode < 500
  return new StreamingError(type, isKnown ? thrown.message : undefined, {
    status: statusCode,
    recoverable: rest.recoverable,
    retryAfterMs: rest.retry_after && rest.retry_after * 1000,
    issues: rest.issues,
    context: rest.context,
    cause: thrown,
  })
}

/** The text of a JSON answer, with {@link errorBody} for an error. */
export function serializeAnswer(answer: unknown): string {
  const body = asHttpError(answer)
  return JSON.stringify(body instanceof Error ? errorBody(body) : body)
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
