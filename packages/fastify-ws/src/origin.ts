import { StreamingError } from '@sluice/core'
import type { FastifyRequest } from 'fastify'
import { toHttpError } from './errors.ts'
import type { CheckedOptions } from './options.ts'

/**
 * Browsers let any page open a WebSocket to anywhere, cookies included: the server has to look (RFC 6455 §10.2).
 * @throws 403 where the request comes from a page that is not allowed.
 */
export function checkOrigin(request: FastifyRequest, options: CheckedOptions): void {
  const { origin } = request.headers
  if (mayConnect(origin, request.host, options)) return
  throw toHttpError(
    new StreamingError('permission_denied', `Origin: ${origin ?? 'is missing, which'} is not allowed here.`),
  )
}

function mayConnect(
  origin: string | undefined,
  host: string | undefined,
  { allowedOrigins, allowMissingOrigin, allowNullOrigin }: CheckedOptions,
): boolean {
  if (origin === undefined) return allowMissingOrigin
  if (origin === 'null') return allowNullOrigin
  if (allowedOrigins === true || allowedOrigins.includes(origin)) return true
  return URL.canParse(origin) && new URL(origin).host === host
}
