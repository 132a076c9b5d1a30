import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai'
import { type ErrorType, StreamingError, toStreamingError } from '../errors.ts'

/**
 * Codes and types that say more than the status does (https://platform.openai.com/docs/guides/error-codes), those of
 * `response.failed` among them, which has no status.
 */
const BY_CODE: Readonly<Record<string, ErrorType>> = {
  billing_hard_limit_reached: 'quota_exceeded',
  billing_not_active: 'quota_exceeded',
  bio_policy: 'content_filter',
  content_filter: 'content_filter',
  content_policy_violation: 'content_filter',
  context_length_exceeded: 'context_length_exceeded',
  cyber_policy: 'content_filter',
  data_residency_mismatch: 'invalid_request',
  empty_image_file: 'invalid_request',
  failed_to_download_image: 'invalid_request',
  image_content_policy_violation: 'content_filter',
  image_file_not_found: 'invalid_request',
  image_file_too_large: 'invalid_request',
  image_parse_error: 'invalid_request',
  image_too_large: 'invalid_request',
  image_too_small: 'invalid_request',
  insufficient_quota: 'quota_exceeded',
  invalid_api_key: 'authentication',
  invalid_base64_image: 'invalid_request',
  invalid_image: 'invalid_request',
  invalid_image_format: 'invalid_request',
  invalid_image_mode: 'invalid_request',
  invalid_image_url: 'invalid_request',
  invalid_prompt: 'invalid_request',
  invalid_request_error: 'invalid_request',
  misalignment_policy_violation: 'content_filter',
  model_not_found: 'not_found',
  overloaded: 'server_overloaded',
  overloaded_error: 'server_overloaded',
  rate_limit_exceeded: 'rate_limit',
  server_error: 'api_error',
  server_is_overloaded: 'server_overloaded',
  server_overloaded: 'server_overloaded',
  service_unavailable_error: 'server_overloaded',
  slow_down: 'server_overloaded',
  string_above_max_length: 'context_length_exceeded',
  unsupported_image_media_type: 'invalid_request',
  vector_store_timeout: 'api_error',
}

const BY_STATUS: Readonly<Record<number, ErrorType>> = {
  400: 'invalid_request',
  401: 'authentication',
  402: 'quota_exceeded',
  403: 'permission_denied',
  404: 'not_found',
  408: 'first_chunk_timeout',
  409: 'api_error',
  413: 'context_length_exceeded',
  422: 'invalid_request',
  429: 'rate_limit',
  503: 'server_overloaded',
  504: 'first_chunk_timeout',
  529: 'server_overloaded',
}

/** What a visitor may read: what the provider wrote can name keys, organisations and prompts. */
const MESSAGES: Partial<Record<ErrorType, string>> = {
  authentication: 'The provider refused our key.',
  permission_denied: 'The provider does not let us do this.',
  not_found: 'The provider does not have what we asked for.',
  invalid_request: 'The provider refused the request.',
  rate_limit: 'The provider has too many requests from us.',
  quota_exceeded: 'Our quota at the provider is used up.',
}

/**
 * The {@link StreamingError} for what the `openai` client threw, the original as its `cause`. Knows status, code,
 * `retry-after-ms`, `retry-after` (RFC 9110 §10.2.3) and `x-should-retry`.
 */
export function openaiError(thrown: unknown): StreamingError {
  if (thrown instanceof StreamingError) return thrown
  if (thrown instanceof APIUserAbortError)
    return new StreamingError('connection_closed', undefined, { cause: thrown })
  if (thrown instanceof APIConnectionTimeoutError) {
    return new StreamingError('first_chunk_timeout', undefined, { cause: thrown })
  }
  if (thrown instanceof APIConnectionError)
    return new StreamingError('connection_lost', undefined, { cause: thrown })
  if (thrown instanceof APIError) return fromApiError(thrown)
  // fetch says `TypeError: terminated` when the connection breaks in the middle of a body.
  if (thrown instanceof TypeError) return new StreamingError('connection_lost', undefined, { cause: thrown })
  if (thrown instanceof SyntaxError) return new StreamingError('api_error', undefined, { cause: thrown })
  return toStreamingError(thrown)
}

/** What may be gone when one asks again. What the provider said of the answer itself, in the middle of it, stays. */
const PASSING: ReadonlySet<ErrorType> = new Set<ErrorType>([
  'api_error',
  'connection_lost',
  'first_chunk_timeout',
  'rate_limit',
  'server_overloaded',
])

/** Whether an error is one of the connection, or of the moment: the same request may succeed. */
export function mayPass({ type, recoverable, cause }: StreamingError): boolean {
  const isOfConnection = !(cause instanceof APIError) || cause instanceof APIConnectionError
  const isOfRequest = cause instanceof APIError && cause.status !== undefined
  return recoverable && PASSING.has(type) && (isOfConnection || isOfRequest)
}

function fromApiError(error: APIError): StreamingError {
  const type = typeOf(error)
  const retryAfterMs =
    retryAfter(error.headers) ?? (type === 'rate_limit' ? retryAfterSaid(error) : undefined)
  const shouldRetry = error.headers?.get('x-should-retry')
  return new StreamingError(type, MESSAGES[type], {
    cause: error,
    ...(shouldRetry === 'true' ? { recoverable: true } : {}),
    ...(shouldRetry === 'false' ? { recoverable: false } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

function typeOf({ status, code, type }: APIError): ErrorType {
  const named = byCode(code)
  if (named !== undefined) return named
  // Some servers say it as the type only. A rate limit it is not: no waiting mends it.
  if (byCode(type) === 'quota_exceeded') return 'quota_exceeded'
  // In the middle of a stream there is no status, and some servers have no code either.
  return (status === undefined ? undefined : byStatus(status)) ?? byCode(type) ?? 'api_error'
}

/** What is said with a 4xx that has no name here is wrong with the request, and would be so again. */
function byStatus(status: number): ErrorType | undefined {
  return BY_STATUS[status] ?? (status >= 400 && status < 500 ? 'invalid_request' : undefined)
}

function byCode(code: unknown): ErrorType | undefined {
  return typeof code === 'string' && Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined
}

function retryAfter(headers: Headers | undefined): number | undefined {
  const ms = duration(headers?.get('retry-after-ms'))
  if (ms !== undefined) return ms
  const value = headers?.get('retry-after')
  const seconds = duration(value)
  if (seconds !== undefined) return seconds * 1000
  // An HTTP date begins with the day of the week; Date.parse finds one in '-5' as well.
  const at = /^[a-z]/i.test(value ?? '') ? Date.parse(value!) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now())
}

function duration(value: string | null | undefined): number | undefined {
  return /^\d+(\.\d+)?$/.test(value ?? '') ? Number(value) : undefined
}

/** In the middle of a stream there is no header any more: OpenAI says it in the message, “try again in 1.5s”. */
function retryAfterSaid({ status, message }: APIError): number | undefined {
  if (status !== undefined) return undefined
  const [, amount, unit] = /try again in (\d+(?:\.\d+)?) ?(ms|s)/i.exec(message) ?? []
  if (amount === undefined) return undefined
  return Math.ceil(Number(amount) * (unit?.toLowerCase() === 'ms' ? 1 : 1000))
}
