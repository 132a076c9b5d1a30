import type { FastifyHelmetOptions } from '@fastify/helmet'

/**
 * For every answer. The page is made of files of this server and of nothing else, so the policy can be as narrow as one
 * can write it (W3C Content Security Policy, Level 3). `connect-src 'self'` has the WebSocket of the same host in it.
 */
export const SECURITY_HEADERS: FastifyHelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      'default-src': ["'none'"],
      'script-src': ["'self'"],
      'style-src': ["'self'"],
      'img-src': ["'self'"],
      'connect-src': ["'self'"],
      'base-uri': ["'none'"],
      'form-action': ["'none'"],
      'frame-ancestors': ["'none'"],
      'require-trusted-types-for': ["'script'"],
    },
  },
  crossOriginOpenerPolicy: { policy: 'same-origin' },
  referrerPolicy: { policy: 'no-referrer' },
}
