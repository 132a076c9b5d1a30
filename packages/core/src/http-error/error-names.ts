import type { ErrorType } from '../errors.ts'

/**
 * The names that providers give to errors, in `code`, `type` or Google's `status`, in snake case: OpenAI
 * (https://platform.openai.com/docs/guides/error-codes, and `response.failed`), Anthropic
 * (https://docs.anthropic.com/en/api/errors), Google (`google.rpc.Code`), Azure, AWS Bedrock, llama.cpp, vLLM.
 */
const BY_NAME: Readonly<Record<string, ErrorType>> = {
  access_denied_exception: 'permission_denied',
  api_error: 'api_error',
  api_key_invalid: 'authentication',
  authentication_error: 'authentication',
  billing_error: 'quota_exceeded',
  billing_hard_limit_reached: 'quota_exceeded',
  billing_not_active: 'quota_exceeded',
  bio_policy: 'content_filter',
  content_filter: 'content_filter',
  content_policy_violation: 'content_filter',
  context_length_exceeded: 'context_length_exceeded',
  cyber_policy: 'content_filter',
  data_residency_mismatch: 'invalid_request',
  deadline_exceeded: 'first_chunk_timeout',
  deployment_not_found: 'not_found',
  empty_image_file: 'invalid_request',
  exceed_context_size_error: 'context_length_exceeded',
  failed_precondition: 'invalid_request',
  failed_to_download_image: 'invalid_request',
  image_content_policy_violation: 'content_filter',
  image_file_not_found: 'invalid_request',
  image_file_too_large: 'invalid_request',
  image_parse_error: 'invalid_request',
  image_too_large: 'invalid_request',
  image_too_small: 'invalid_request',
  insufficient_quota: 'quota_exceeded',
  internal: 'api_error',
  internal_server_error: 'api_error',
  internal_server_exception: 'api_error',
  invalid_api_key: 'authentication',
  invalid_argument: 'invalid_request',
  invalid_base64_image: 'invalid_request',
  invalid_image: 'invalid_request',
  invalid_image_format: 'invalid_request',
  invalid_image_mode: 'invalid_request',
  invalid_image_url: 'invalid_request',
  invalid_prompt: 'invalid_request',
  invalid_request_error: 'invalid_request',
  misalignment_policy_violation: 'content_filter',
  model_not_found: 'not_found',
  model_not_ready_exception: 'server_overloaded',
  model_stream_error_exception: 'api_error',
  model_timeout_exception: 'first_chunk_timeout',
  not_found: 'not_found',
  not_found_error: 'not_found',
  overloaded: 'server_overloaded',
  overloaded_error: 'server_overloaded',
  permission_denied: 'permission_denied',
  permission_error: 'permission_denied',
  rate_limit_error: 'rate_limit',
  rate_limit_exceeded: 'rate_limit',
  request_too_large: 'context_length_exceeded',
  resource_exhausted: 'rate_limit',
  resource_not_found_exception: 'not_found',
  responsible_ai_policy_violation: 'content_filter',
  server_error: 'api_error',
  server_is_overloaded: 'server_overloaded',
  server_overloaded: 'server_overloaded',
  service_quota_exceeded_exception: 'quota_exceeded',
  service_unavailable_error: 'server_overloaded',
  service_unavailable_exception: 'server_overloaded',
  slow_down: 'server_overloaded',
  string_above_max_length: 'context_length_exceeded',
  throttling_exception: 'rate_limit',
  timeout_error: 'first_chunk_timeout',
  too_many_requests: 'rate_limit',
  unauthenticated: 'authentication',
  unavailable: 'server_overloaded',
  unsupported_image_media_type: 'invalid_request',
  validation_exception: 'invalid_request',
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

/**
 * Phrases in the message of a plain 400 or 500 that has a more specific type here. In order: OpenAI and vLLM
 * ("maximum context length is 4096 tokens"), llama.cpp ("exceeds the available context size"), Anthropic ("prompt is
 * too long"), Google ("input token count (…) exceeds the maximum"), Ollama ("exceeds the context window").
 */
const BY_PHRASE: readonly (readonly [RegExp, ErrorType])[] = [
  [/maximum context length/i, 'context_length_exceeded'],
  [/exceeds? (?:the )?(?:available |maximum |model'?s? )*context/i, 'context_length_exceeded'],
  [/context (?:length|size|window)\b.{0,40}exceeded/i, 'context_length_exceeded'],
  [/(?:prompt|input) is too long/i, 'context_length_exceeded'],
  [/input token count.{0,40}exceeds/i, 'context_length_exceeded'],
  [/credit balance is too low|insufficient (?:balance|credits)/i, 'quota_exceeded'],
  [/api key not valid|(?:invalid|incorrect) api key/i, 'authentication'],
]

/** The type of a provider's error name in any spelling (`TooManyRequests`, `too-many-requests`); `undefined`: unknown. */
export function typeOfName(name: unknown): ErrorType | undefined {
  if (typeof name !== 'string') return undefined
  const snake = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[\s-]+/g, '_')
    .toLowerCase()
  return Object.hasOwn(BY_NAME, snake) ? BY_NAME[snake] : undefined
}

/** The type of an HTTP status (RFC 9110 §15). A 4xx that is not known here is the request's fault, and stays so. */
export function typeOfStatus(status: number | undefined): ErrorType | undefined {
  if (status === undefined) return undefined
  return BY_STATUS[status] ?? (status >= 400 && status < 500 ? 'invalid_request' : undefined)
}

/** The type that the message of a provider's error has by its words. */
export function typeOfPhrase(message: string | undefined): ErrorType | undefined {
  if (message === undefined) return undefined
  return BY_PHRASE.find(([phrase]) => phrase.test(message))?.[1]
}
