import { meaningOf } from '#meanings'

/**
 * The closed set of error types. With {@link meaningOf} it is the source of the table in `PROTOCOL.md`.
 *
 * - `recoverable`: whether a *new* start may succeed.
 * - `status`: the HTTP status (RFC 9110 §15) when it is said before a stream exists.
 * - `closeCode`: the WebSocket close code (RFC 6455 §7.4) if the error closes the socket.
 */
export const ERROR_TYPES = {
  invalid_request: row(false, 400),
  authentication: row(false, 401, 4501),
  permission_denied: row(false, 403, 4503),
  not_found: row(false, 404),
  resume_expired: row(false, 410),
  conflict: row(false, 409),
  rate_limit: row(true, 429, 4429),
  quota_exceeded: row(false, 429),
  context_length_exceeded: row(false, 400),
  content_filter: row(false, 400),
  api_error: row(true, 502),
  server_overloaded: row(true, 503),
  capacity: row(true, 503, 1013),
  shutting_down: row(true, 503, 1012),
  first_chunk_timeout: row(true, 504),
  chunk_timeout: row(true, 504),
  connection_lost: row(true, 502),
  connection_closed: row(true, 502),
  flow_control_timeout: row(true, 408, 4410),
  log_full: row(false, 507),
  producer_lost: row(true, 502),
  protocol_error: row(false, 400, 4500),
  unexpected_error: row(false, 500),
}

/** A row of {@link ERROR_TYPES}. */
export interface ErrorTypeInfo<CloseCode extends number | null = number | null> {
  readonly recoverable: boolean
  readonly status: number
  readonly closeCode: CloseCode
}

/** Written so, the table is short enough for pages, which all carry it. */
function row<const CloseCode extends number | null = null>(
  recoverable: boolean,
  status: number,
  closeCode = null as CloseCode,
): ErrorTypeInfo<CloseCode> {
  return { recoverable, status, closeCode }
}

/** The closed set of error types. */
export type ErrorType = keyof typeof ERROR_TYPES

/** Whether a string names an error type of this version. */
export function isErrorType(value: unknown): value is ErrorType {
  return typeof value === 'string' && Object.hasOwn(ERROR_TYPES, value)
}

/** One mistake in an input: its path and a message (Standard Schema's issue, as JSON). */
export interface InputIssue {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** The fields of a {@link StreamingError} beside its type and message. */
export interface StreamingErrorOptions {
  /** @default the type's, from {@link ERROR_TYPES} */
  readonly recoverable?: boolean | undefined
  /** HTTP status. @default the type's, from {@link ERROR_TYPES} */
  readonly status?: number | undefined
  /** How long to wait before a new try, in milliseconds. */
  readonly retryAfterMs?: number | undefined
  readonly retryCount?: number | undefined
  /** The mistakes in the input. */
  readonly issues?: readonly InputIssue[] | undefined
  /** Facts that are safe to show. */
  readonly context?: Readonly<Record<string, unknown>> | undefined
  /** The original error. It stays on the server: its facts are logged, and it is never sent. */
  readonly cause?: unknown
}

/**
 * Marks a {@link StreamingError} for each copy of Sluice in the process: ES modules and CommonJS have one each. It is a
 * text to TypeScript: of two symbols the types of two copies would not fit each other.
 */
const BRAND = Symbol.for('StreamingError') as unknown as '~sluice'

/**
 * The error of every part of Sluice. `type` is its stable code; `message` is safe to show.
 *
 * `error instanceof StreamingError` is true for those of any copy of this package: they are recognised by a mark, not
 * by their class.
 */
export class StreamingError extends Error {
  static override [Symbol.hasInstance](value: unknown): value is StreamingError {
    // biome-ignore-start lint/complexity/noThisInStatic: it is the class to the right of `instanceof`, or a subclass
    if (this !== StreamingError) return super[Symbol.hasInstance](value)
    // biome-ignore-end lint/complexity/noThisInStatic: as above
    return Boolean((value as Partial<StreamingError> | undefined)?.[BRAND])
  }

  /** @internal */
  readonly [BRAND] = true
  override readonly name = 'StreamingError'
  // Declared only: the constructor sets them, and initialised fields would add code to each page.
  declare readonly type: ErrorType
  declare readonly recoverable: boolean
  /** HTTP status, for an answer before the stream exists. */
  declare readonly status: number
  declare readonly retryAfterMs: number | undefined
  declare readonly retryCount: number | undefined
  declare readonly issues: readonly InputIssue[] | undefined
  declare readonly context: Readonly<Record<string, unknown>> | undefined

  constructor(type: ErrorType, message = meaningOf(type), options: StreamingErrorOptions = {}) {
    super(message, options)
    this.type = type
    this.recoverable = options.recoverable ?? ERROR_TYPES[type].recoverable
    this.status = options.status ?? ERROR_TYPES[type].status
    this.retryAfterMs = options.retryAfterMs
    this.retryCount = options.retryCount
    this.issues = options.issues
    this.context = options.context
  }

  /** The part of this error that a client may see, as the fields of a `stream_error` or a JSON answer. */
  toWire(): ErrorFields {
    const { type, message, recoverable, retryAfterMs, retryCount, issues, context } = this
    const fields = {
      error_type: type,
      message,
      recoverable,
      retry_after: retryAfterMs && Math.ceil(retryAfterMs) / 1000,
      retry_count: retryCount,
      issues,
      context,
    }
    // In the form in which it arrives: without fields that are undefined.
    return JSON.parse(JSON.stringify(fields)) as ErrorFields
  }

  /** For `JSON.stringify`, which would leave the message out: the wire form, which {@link StreamingError.fromWire} reads. */
  toJSON(): ErrorFields {
    return this.toWire()
  }

  /** The error that a wire form describes. A type that this version does not know becomes `unexpected_error`. */
  static fromWire(
    fields: { readonly [F in keyof ErrorFields]?: ErrorFields[F] | undefined },
  ): StreamingError {
    const { error_type, message, recoverable, retry_after, retry_count, issues, context } = fields
    const type = isErrorType(error_type) ? error_type : 'unexpected_error'
    const retryAfterMs = retry_after && Math.round(retry_after * 1000)
    return new StreamingError(type, message, {
      recoverable,
      retryAfterMs,
      retryCount: retry_count,
      issues,
      context,
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
 * The {@link StreamingError} for anything that was thrown. Any other value becomes
 * an `unexpected_error`, whose message reveals nothing of it; the original is kept as `cause`.
 */
export function toStreamingError(thrown: unknown): StreamingError {
  if (thrown instanceof StreamingError) return thrown
  return new StreamingError('unexpected_error', undefined, { cause: thrown })
}
