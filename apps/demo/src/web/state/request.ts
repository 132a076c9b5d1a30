import type { StreamingError } from '@sluice/client'
import type { ApiError } from '../../shared/api.ts'

/** A request to the demo's own server that did not do what it should; its message is for people. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  /** HTTP's, or `null` if no answer came. */
  readonly status: number | null
  /** The kind of error, as the streams have it. */
  readonly type: StreamingError['type']
  /** After which time another try makes sense, if the server says so. */
  readonly retryAfterMs: number | undefined

  constructor(
    message: string,
    status: number | null,
    { type = 'unexpected_error', retryAfterMs, ...options }: RequestErrorOptions = {},
  ) {
    super(message, options)
    this.status = status
    this.type = type
    this.retryAfterMs = retryAfterMs
  }
}

interface RequestErrorOptions extends ErrorOptions {
  readonly type?: StreamingError['type']
  readonly retryAfterMs?: number | undefined
}

/** Sends JSON, and gives the JSON of the answer; `undefined` if there is none (204, 304). */
export async function request<T>(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<T> {
  const response = await send(path, {
    method,
    headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (response.status === 204 || response.status === 304) return undefined as T
  if (response.ok) return (await response.json()) as T
  throw await errorOf(response)
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init)
  } catch (cause) {
    throw new RequestError('The server cannot be reached.', null, { cause, type: 'connection_lost' })
  }
}

async function errorOf(response: Response): Promise<RequestError> {
  const { status } = response
  try {
    const { message, error_type: type, retry_after: seconds } = (await response.json()) as ApiError
    const retryAfterMs = seconds === undefined ? undefined : seconds * 1000
    return new RequestError(message, status, { type: type as StreamingError['type'], retryAfterMs })
  } catch {
    // Not from this server: a proxy's page, for instance.
    const type = status >= 500 ? 'connection_lost' : 'invalid_request'
    return new RequestError(`The server answered ${status}.`, status, { type })
  }
}

/** The error, in words for people. */
export function wordsOf(error: unknown): string {
  return error instanceof RequestError ? error.message : 'Something went wrong on this page.'
}
