import type { ApiError } from '../../shared/api.ts'

/** A request to the demo's own server that did not do what it should; its message is for people. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  /** HTTP's, or `null` if no answer came. */
  readonly status: number | null

  constructor(message: string, status: number | null, options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }
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
  throw new RequestError(await reasonOf(response), response.status)
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init)
  } catch (cause) {
    throw new RequestError('The server cannot be reached.', null, { cause })
  }
}

async function reasonOf(response: Response): Promise<string> {
  try {
    return ((await response.json()) as ApiError).message
  } catch {
    // Not from this server: a proxy's page, for instance.
    return `The server answered ${response.status}.`
  }
}

/** The error, in words for people. */
export function wordsOf(error: unknown): string {
  return error instanceof RequestError ? error.message : 'Something went wrong on this page.'
}
