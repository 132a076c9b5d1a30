/**
 * What can go wrong, in one closed set. The table is the source of the one in `PROTOCOL.md`.
 *
 * - `recoverable`: whether a *new* start may succeed.
 * - `status`: the HTTP status (RFC 9110 §15) when it is said before a stream exists.
 * - `closeCode`: the WebSocket close code (RFC 6455 §7.4) where it closes the socket.
 */
export const ERROR_TYPES = {
  invalid_request: {
    recoverable: false,
    status: 400,
    closeCode: null,
    means: 'The input is not what the stream takes.',
  },
  authentication: {
    recoverable: false,
    status: 401,
    closeCode: 4501,
    means: 'Nobody is signed in, or the provider refused the key.',
  },
  permission_denied: {
    recoverable: false,
    status: 403,
    closeCode: 4503,
    means: 'Signed in, but not allowed.',
  },
  not_found: { recoverable: false, status: 404, closeCode: null, means: 'No such stream, or not yours.' },
  resume_expired: {
    recoverable: false,
    status: 410,
    closeCode: null,
    means: 'The log does not reach the cursor: read from 0.',
  },
  conflict: {
    recoverable: false,
    status: 409,
    closeCode: null,
    means: 'The idempotency key is taken, or cancelled.',
  },
  rate_limit: { recoverable: true, status: 429, closeCode: 4429, means: 'Too many requests; waiting helps.' },
  quota_exceeded: {
    recoverable: false,
    status: 429,
    closeCode: null,
    means: 'The quota is used up; waiting does not help.',
  },
  context_length_exceeded: {
    recoverable: false,
    status: 400,
    closeCode: null,
    means: 'The input is longer than the model takes.',
  },
  content_filter: {
    recoverable: false,
    status: 400,
    closeCode: null,
    means: 'The provider withheld the answer.',
  },
  api_error: { recoverable: true, status: 502, closeCode: null, means: 'The provider failed.' },
  server_overloaded: {
    recoverable: true,
    status: 503,
    closeCode: null,
    means: 'The provider is overloaded.',
  },
  capacity: {
    recoverable: true,
    status: 503,
    closeCode: 1013,
    means: 'This server has no room for another stream or viewer.',
  },
  shutting_down: { recoverable: true, status: 503, closeCode: 1012, means: 'This server is shutting down.' },
  first_chunk_timeout: {
    recoverable: true,
    status: 504,
    closeCode: null,
    means: 'The provider sent nothing in time.',
  },
  chunk_timeout: {
    recoverable: true,
    status: 504,
    closeCode: null,
    means: 'The provider fell silent in the middle.',
  },
  connection_lost: { recoverable: true, status: 502, closeCode: null, means: 'A connection broke off.' },
  connection_closed: {
    recoverable: true,
    status: 502,
    closeCode: null,
    means: 'A connection was closed on purpose before the end.',
  },
  flow_control_timeout: {
    recoverable: true,
    status: 408,
    closeCode: 4410,
    means: 'A viewer took nothing for too long.',
  },
  log_full: {
    recoverable: false,
    status: 507,
    closeCode: null,
    means: 'The log is at its bound and nobody reads it.',
  },
  producer_lost: {
    recoverable: true,
    status: 502,
    closeCode: null,
    means: 'The server that ran the stream died.',
  },
  protocol_error: { recoverable: false, status: 400, closeCode: 4500, means: 'A peer broke the protocol.' },
  unexpected_error: {
    recoverable: false,
    status: 500,
    closeCode: null,
    means: 'Something that has no name; the server’s log has it.',
  },
} as const satisfies Record<string, ErrorTypeInfo>

/** A row of {@link ERROR_TYPES}. */
export interface ErrorTypeInfo {
  readonly recoverable: boolean
  readonly status: number
  readonly closeCode: number | null
  readonly means: string
}

/** The closed set of error types. */
export type ErrorType = keyof typeof ERROR_TYPES

/** Whether a string names an error type of this version. */
export function isErrorType(value: unknown): value is ErrorType {
  return typeof value === 'string' && Object.hasOwn(ERROR_TYPES, value)
}

/** One thing that is wrong with an input: where, and what (Standard Schema's issue, made JSON). */
export interface InputIssue {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** What may be said of a {@link StreamingError} beside its type and message. */
export interface StreamingErrorOptions {
  /** @default the type's, from {@link ERROR_TYPES} */
  readonly recoverable?: boolean
  /** HTTP status. @default the type's, from {@link ERROR_TYPES} */
  readonly status?: number
  /** How long to wait before a new try, in milliseconds. */
  readonly retryAfterMs?: number
  readonly retryCount?: number
  /** What is wrong with the input, place by place. */
  readonly issues?: readonly InputIssue[]
  /** Facts that are safe to show. */
  readonly context?: Readonly<Record<string, unknown>>
  /** What was thrown. It stays on the server: it is logged, never sent. */
  readonly cause?: unknown
}

/** The error of every part of Sluice. `type` is its stable code; `message` is safe to show. */
export class StreamingError extends Error {
  override readonly name = 'StreamingError'
  readonly type: ErrorType
  readonly recoverable: boolean
  /** HTTP status, for an answer before the stream exists. */
  readonly status: number
  readonly retryAfterMs: number | undefined
  readonly retryCount: number | undefined
  readonly issues: readonly InputIssue[] | undefined
  readonly context: Readonly<Record<string, unknown>> | undefined

  constructor(
    type: ErrorType,
    message: string = ERROR_TYPES[type].means,
    options: StreamingErrorOptions = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.type = type
    this.recoverable = options.recoverable ?? ERROR_TYPES[type].recoverable
    this.status = options.status ?? ERROR_TYPES[type].status
    this.retryAfterMs = options.retryAfterMs
    this.retryCount = options.retryCount
    this.issues = options.issues
    this.context = options.context
  }

  /** The part of this error that a visitor may see, as the fields of a `stream_error` or a JSON answer. */
  toWire(): ErrorFields {
    return {
      error_type: this.type,
      message: this.message,
      recoverable: this.recoverable,
      ...(this.retryAfterMs === undefined ? {} : { retry_after: Math.ceil(this.retryAfterMs) / 1000 }),
      ...(this.retryCount === undefined ? {} : { retry_count: this.retryCount }),
      ...(this.issues === undefined ? {} : { issues: this.issues }),
      ...(this.context === undefined ? {} : { context: this.context }),
    }
  }

  /** The error that a wire form describes. A type that this version does not know becomes `unexpected_error`. */
  static fromWire(fields: Partial<ErrorFields>, cause?: unknown): StreamingError {
    const type = isErrorType(fields.error_type) ? fields.error_type : 'unexpected_error'
    return new StreamingError(type, fields.message, {
      ...(fields.recoverable === undefined ? {} : { recoverable: fields.recoverable }),
      ...(fields.retry_after === undefined ? {} : { retryAfterMs: Math.round(fields.retry_after * 1000) }),
      ...(fields.retry_count === undefined ? {} : { retryCount: fields.retry_count }),
      ...(fields.issues === undefined ? {} : { issues: fields.issues }),
      ...(fields.context === undefined ? {} : { context: fields.context }),
      ...(cause === undefined ? {} : { cause }),
    })
  }
}

/** The wire form of an error. */
export interface ErrorFields {
  readonly error_type: string
  readonly message: string
  readonly recoverable: boolean
  /** Seconds. */
  readonly retry_after?: number
  readonly retry_count?: number
  readonly issues?: readonly InputIssue[]
  readonly context?: Readonly<Record<string, unknown>>
}

/**
 * The {@link StreamingError} for anything that was thrown. What is not one already becomes
 * `unexpected_error` with a message that gives nothing away; the original is kept as `cause`.
 */
export function toStreamingError(thrown: unknown): StreamingError {
  if (thrown instanceof StreamingError) return thrown
  return new StreamingError('unexpected_error', undefined, { cause: thrown })
}
