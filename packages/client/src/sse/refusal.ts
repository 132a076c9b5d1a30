import { type ErrorFields, type ErrorType, StreamingError } from '@sluice/core'
import { isTransient } from '../network/failures.ts'

const TYPE_BY_STATUS: Readonly<Record<number, ErrorType>> = {
  401: 'authentication',
  403: 'permission_denied',
  404: 'not_found',
  409: 'conflict',
  410: 'resume_expired',
  429: 'rate_limit',
  500: 'unexpected_error',
  503: 'capacity',
}

/**
 * The error that an answer without a stream stands for. Our servers say it in JSON, beside Fastify's own fields; what a proxy
 * or a framework says in between is told by its status alone.
 */
export async function readRefusal(response: Response): Promise<StreamingError> {
  const { status, headers } = response
  const passes = isTransient(status)
  const error = StreamingError.fromWire({
    error_type: TYPE_BY_STATUS[status] ?? (passes ? 'connection_lost' : 'invalid_request'),
    message: `The server answered with status ${status}.`,
    recoverable: passes,
    retry_after: retryAfterSeconds(headers.get('retry-after')),
    ...(await readFields(response)),
  })
  // Not the type's own: a 413 is an `invalid_request` too.
  return Object.assign(error, { status })
}

async function readFields(response: Response): Promise<Partial<ErrorFields> | undefined> {
  try {
    const body = await response.json()
    // On routes of the user's own they may be wrapped. Without a type it is some framework's error.
    return [body, body.error].find((fields) => fields?.error_type)
  } catch {
    // A page, a body that broke off: the status has to do.
    return undefined
  }
}

/**
 * The wait that a `Retry-After` field asks for, in seconds: a number or a date (RFC 9110 §10.2.3). `undefined` if
 * there is none, or it cannot be parsed.
 */
export function retryAfterSeconds(value: string | null): number | undefined {
  if (!value) return undefined
  const number = Number(value)
  const seconds = Number.isNaN(number) ? (Date.parse(value) - Date.now()) / 1000 : number
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds)
}
