import { StreamingError } from '../../errors.ts'
import type { ViewingOptions } from './options.ts'

/** The options that decide which origins are allowed, with their defaults. */
export type OriginOptions = Required<Pick<ViewingOptions, 'allowedOrigins' | 'allowNullOrigin'>> &
  Pick<ViewingOptions, 'allowMissingOrigin'>

/** The part of a request that says which page it comes from. */
export interface RequestOrigin {
  /** The `Origin` field of the request. */
  readonly origin: string | undefined
  /** The host that the client asked for: `Host`, or what a trusted proxy says it was. */
  readonly host: string | undefined
  /**
   * Whether the client is known to have used TLS: to this server, or to a proxy that is trusted to say so. If it is not
   * known, a page of the same host is allowed over `http:` and `https:`.
   */
  readonly isSecure: boolean
  /** Whether the request asks for a WebSocket, and has a cookie. Only browsers send cookies that they were not told to. */
  readonly isSocketWithCookie?: boolean
  /**
   * `Sec-Fetch-Site` (W3C Fetch Metadata). A browser sets it, and no page can: `same-origin` proves that the page and the
   * URL that it asked for have one origin, whatever a proxy has made of `Host`.
   */
  readonly site?: string | undefined
}

/**
 * Refuses a request of another site's page. Browsers send cookies with such requests, and CORS stops neither a simple
 * POST nor a WebSocket (RFC 6455 §10.2).
 * @throws StreamingError `permission_denied` if the origin is not allowed
 */
export function checkOrigin(request: RequestOrigin, options: OriginOptions): void {
  if (isAllowed(request, options)) return
  const { origin, host } = request
  throw new StreamingError(
    'permission_denied',
    origin === undefined
      ? 'Origin: is missing, which is not allowed here. If a proxy drops it, have the proxy send it on.'
      : `Origin: '${origin}' is not allowed here. The request is for host '${host}'. Add the origin to allowedOrigins; or, if a proxy in between has changed Host, let it keep Host, or send X-Forwarded-Host and set Fastify's trustProxy.`,
  )
}

function isAllowed(
  { origin, host, isSecure, isSocketWithCookie = false, site }: RequestOrigin,
  { allowedOrigins, allowMissingOrigin, allowNullOrigin }: OriginOptions,
): boolean {
  if (origin === undefined) return allowMissingOrigin ?? !isSocketWithCookie
  if (allowedOrigins === true || allowedOrigins.includes(origin)) return true
  if (origin === 'null') return allowNullOrigin
  if (site === 'same-origin') return true
  if (!URL.canParse(origin)) return false
  const page = new URL(origin)
  return page.host === host && (page.protocol === 'https:' || !isSecure)
}
