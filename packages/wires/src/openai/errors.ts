import { type ErrorType, isErrorType, StreamingError } from '@sluice/core'

/** An error as OpenAI's servers have it, in the body of an answer and in a chunk. */
export interface OpenAiError {
  readonly message: string
  readonly type: string
  /** The parameter that is at fault: `messages[0].role`. */
  readonly param: string | null
  readonly code: string | null
}

/** The body of an answer that is an error. */
export interface OpenAiErrorBody {
  readonly error: OpenAiError
}

type Row = readonly [status: number, type: string, code: string | null]

/**
 * The HTTP status, `type` and `code` that OpenAI's servers have for an error
 * (https://platform.openai.com/docs/guides/error-codes). Its clients read the class of an error from the status, and
 * ask again by themselves after a 408, 409, 429 and each 5xx.
 */
const ERRORS: Readonly<Record<ErrorType, Row>> = {
  invalid_request: [400, 'invalid_request_error', null],
  authentication: [401, 'invalid_request_error', 'invalid_api_key'],
  permission_denied: [403, 'invalid_request_error', 'permission_denied'],
  not_found: [404, 'invalid_request_error', 'not_found'],
  resume_expired: [400, 'invalid_request_error', 'resume_expired'],
  conflict: [409, 'invalid_request_error', 'conflict'],
  rate_limit: [429, 'requests', 'rate_limit_exceeded'],
  quota_exceeded: [429, 'insufficient_quota', 'insufficient_quota'],
  context_length_exceeded: [400, 'invalid_request_error', 'context_length_exceeded'],
  content_filter: [400, 'invalid_request_error', 'content_filter'],
  api_error: [500, 'server_error', 'server_error'],
  server_overloaded: [503, 'server_error', 'server_is_overloaded'],
  capacity: [503, 'server_error', 'server_is_overloaded'],
  shutting_down: [503, 'server_error', 'server_is_overloaded'],
  first_chunk_timeout: [500, 'server_error', 'server_error'],
  chunk_timeout: [500, 'server_error', 'server_error'],
  connection_lost: [500, 'server_error', 'server_error'],
  connection_closed: [500, 'server_error', 'server_error'],
  flow_control_timeout: [500, 'server_error', 'server_error'],
  log_full: [500, 'server_error', 'server_error'],
  producer_lost: [500, 'server_error', 'server_error'],
  protocol_error: [400, 'invalid_request_error', null],
  unexpected_error: [500, 'server_error', 'server_error'],
}

/** The code of an answer that somebody stopped. OpenAI's servers have none for it. */
export const CANCELLED = 'response_cancelled'

/** The message if the answer began anew: the format cannot take text back. */
export const TAKEN_BACK = 'The answer began anew, and this format cannot take text back.'

/** A request that is at fault, and where. */
export interface Fault {
  readonly message: string
  /** The parameter, as the client named it: `messages[0].role`. */
  readonly param?: string | null
  /** @default that of the type */
  readonly code?: string | null
  /** @default 'invalid_request' */
  readonly type?: ErrorType
  /** @default that of the type */
  readonly status?: number
  readonly cause?: unknown
}

/** The error of a request that is at fault. `param` and `code` are in its context. */
export function fault({
  message,
  param = null,
  code,
  type = 'invalid_request',
  status,
  cause,
}: Fault): StreamingError {
  const context = { param, ...(code !== undefined && { code }) }
  return new StreamingError(type, message, { context, status, cause })
}

/** The error of an answer that somebody stopped. With a 400, no client asks again by itself. */
export function cancelledError(): StreamingError {
  return fault({ message: 'The answer was stopped.', code: CANCELLED })
}

/** An error as OpenAI's servers have it. `param` and `code` of its context come first. */
export function openAiError({ type, message, context, issues }: StreamingError): OpenAiError {
  const [, openAiType, code] = ERRORS[type]
  return {
    message,
    type: openAiType,
    param: textOrNull(context?.param) ?? paramOf(issues?.[0]?.path),
    code: textOrNull(context?.code) ?? code,
  }
}

/** The body of an answer that is an error. */
export function errorBody(error: StreamingError): OpenAiErrorBody {
  return { error: openAiError(error) }
}

/**
 * An error with the status that OpenAI's servers have for it. Clients ask again after some statuses; if that cannot help,
 * a header field tells them.
 */
export function toOpenAiStatus(thrown: unknown, setHeader: (name: string, value: string) => void): unknown {
  if (!(thrown instanceof StreamingError)) return thrown
  const { type, message, recoverable, retryAfterMs, retryCount, issues, context, cause } = thrown
  const status = statusOf(thrown)
  if (!recoverable && (status === 409 || status === 429 || status >= 500))
    setHeader('x-should-retry', 'false')
  return new StreamingError(type, message, {
    recoverable,
    status,
    retryAfterMs,
    retryCount,
    issues,
    context,
    cause,
  })
}

/** The status that OpenAI's servers answer with. One that the error was given is kept if it is a client's fault. */
function statusOf({ type, status }: StreamingError): number {
  const [own] = ERRORS[type]
  return own < 500 && type !== 'resume_expired' && status >= 400 && status < 500 ? status : own
}

/** The error of a stream that failed, by its `stream_error` event. */
export function failureOf(event: { readonly error_type: string; readonly message: string }): OpenAiError {
  const type = isErrorType(event.error_type) ? event.error_type : 'unexpected_error'
  return openAiError(new StreamingError(type, event.message))
}

/** A path as OpenAI's servers write it: `messages[0].content`. */
export function paramOf(path: readonly PropertyKey[] | undefined): string | null {
  if (path === undefined || path.length === 0) return null
  return path
    .map((key, at) => (typeof key === 'number' ? `[${key}]` : `${at === 0 ? '' : '.'}${String(key)}`))
    .join('')
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
