import type { ApiError } from './api-error.ts'

/** Anthropic's types of errors (https://docs.anthropic.com/en/api/errors), by HTTP status. */
const ANTHROPIC: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  529: 'overloaded_error',
}

/** Google's names of errors (`google.rpc.Code`), by HTTP status. */
const GOOGLE: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
  529: 'UNAVAILABLE',
}

/** The body of an error in the shape of the API that a path belongs to. */
export function errorBody(error: ApiError, path: string): object {
  if (path.startsWith('/v1/messages')) return anthropicBody(error)
  return /^\/v1(?:beta)?\/models\/.+:/.test(path) ? googleBody(error) : error.toJSON()
}

function anthropicBody({ status, message }: ApiError): object {
  const type = ANTHROPIC[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error')
  return { type: 'error', error: { type, message } }
}

function googleBody({ status, message, headers }: ApiError): object {
  const seconds = headers['retry-after']
  const retryInfo = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${seconds}s` }
  return {
    error: {
      code: status,
      message,
      status: GOOGLE[status] ?? (status >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT'),
      ...(seconds !== undefined && { details: [retryInfo] }),
    },
  }
}
