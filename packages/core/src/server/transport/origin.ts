import { StreamingError } from '../../errors.ts'
import type { ViewingOptions } from './options.ts'

/** The options that decide which origins are allowed, with their defaults. */
export type OriginOptions = Required<
  Pick<ViewingOptions, 'allowedOrigins' | 'allowMissingOrigin' | 'allowNullOrigin'>
>

/** The part of a request that says which page it comes from. */
export interface RequestOrigin {
  /** The `Origin` field of the request. */
  readonly origin: string | undefined
  /** The host that the client asked for: `Host`, or what a trusted proxy says it was. */
  readonly host: string | undefined
}

/**
 * Refuses a request of another site's page. Browsers send cookies with such requests, and CORS stops neither a simple
 * POST nor a WebSocket (RFC 6455 §10.2).
 * @throws StreamingError `permission_denied` if the origin is not allowed
 */
export function checkOrigin(request: RequestOrigin, options: OriginOptions): void {
  if (isAllowed(request, options)) return
  const { origin } = request
  const what = origin === undefined ? 'is missing, which' : `'${origin}'`
  throw new StreamingError('permission_denied', `Origin: ${what} is not allowed here.`)
}

function isAllowed(
  { origin, host }: RequestOrigin,
  { allowedOrigins, allowMissingOrigin, allowNullOrigin }: OriginOptions,
): boolean {
  if (origin === undefined) return allowMissingOrigin
  if (allowedOrigins === true || allowedOrigins.includes(origin)) return true
  if (origin === 'null') return allowNullOrigin
  return URL.canParse(origin) && new URL(origin).host === host
}
