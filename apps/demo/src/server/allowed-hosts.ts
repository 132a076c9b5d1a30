import { isIP } from 'node:net'
import { StreamingError } from '@sluice/core'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'

/** Options of {@link allowedHosts}. */
export interface AllowedHostsOptions {
  /** Names, beside `localhost`; `.example.org` stands for all names below it, too. */
  readonly names: readonly string[]
}

/**
 * Refuses requests for a host name that is not this server's. A foreign page can give its own name this machine's
 * address (DNS rebinding): for the browser it is then of the same origin, and it could use the server, with the key, from
 * inside the firewall. Addresses are no such names, and pass.
 */
export const allowedHosts = fp<AllowedHostsOptions>(
  async (app, { names }) => {
    const isAllowed = (host: string): boolean => {
      const name = nameOf(host)
      return name !== undefined && (isLocal(name) || names.some((allowed) => covers(allowed, name)))
    }
    app.addHook('onRequest', async (request) => {
      for (const host of hostsOf(request)) if (!isAllowed(host)) throw foreignHost(host)
    })
  },
  { name: 'allowed-hosts' },
)

/**
 * The name that the request came with, and the one that a trusted proxy says: a proxy that does not set
 * `X-Forwarded-Host` passes on what the page has set.
 */
function hostsOf({ headers, host }: FastifyRequest): readonly string[] {
  return [headers.host ?? headers[':authority']?.toString() ?? '', host]
}

/** The host's name or address, without its port. */
function nameOf(host: string): string | undefined {
  const url = `http://${host}`
  return URL.canParse(url) ? new URL(url).hostname.replace(/\.$/, '') : undefined
}

function isLocal(name: string): boolean {
  // RFC 6761, section 6.3: what ends in `.localhost` is this machine too.
  return name === 'localhost' || name.endsWith('.localhost') || isIP(name.replace(/^\[|\]$/g, '')) !== 0
}

function covers(allowed: string, name: string): boolean {
  return allowed.startsWith('.') ? name === allowed.slice(1) || name.endsWith(allowed) : name === allowed
}

function foreignHost(host: string): StreamingError {
  const name = nameOf(host) ?? host
  return new StreamingError(
    'permission_denied',
    `This server has not been told that its name is "${name}". If it is, start it with ALLOWED_HOSTS=${name}.`,
  )
}
