import { randomBytes } from 'node:crypto'
import cookie from '@fastify/cookie'
import { StreamingError } from '@sluice/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { limitNetwork } from './operations/rate-limits.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The visitor, by their cookie; `undefined`: somebody without one. */
    visitor: string | undefined
  }
}

/** Options of {@link visitors}. */
export interface VisitorsOptions {
  /** Signs the cookies: with it one can be any visitor. */
  readonly secret: string
  /** How many new visitors may come from one network, per minute. */
  readonly arrivalsPerMinute: number
}

const COOKIE = 'sluice_visitor'
const THIRTY_DAYS_S = 30 * 24 * 3600

/**
 * Knows visitors by a signed cookie, and by nothing else: no name, no password. A new one gets it with the page, or
 * with `GET /api/me`; on each of them it lives for another thirty days. New ones are limited by network: whatever counts
 * visitors would count nothing otherwise.
 */
export const visitors = fp<VisitorsOptions>(
  async (app, { secret, arrivalsPerMinute }) => {
    await app.register(cookie, { secret })
    const limitArrivals = limitNetwork(app, arrivalsPerMinute)
    app.decorateRequest('visitor')
    app.addHook('onRequest', async (request, reply) => {
      request.visitor = visitorOf(request)
      if (!isArrival(request)) return
      if (request.visitor === undefined && !(await isWelcome(request))) return
      request.visitor ??= randomBytes(16).toString('base64url')
      remember(request.visitor, request, reply)
    })

    /** The page itself comes without a cookie too: its request for one then tells the person to wait. */
    async function isWelcome(request: FastifyRequest): Promise<boolean> {
      try {
        await limitArrivals(request)
        return true
      } catch (error) {
        if (request.url === '/api/me') throw error
        return false
      }
    }
  },
  { name: 'visitors', dependencies: ['rate-limits'] },
)

/** @throws {StreamingError} `authentication` if it has no cookie of ours. */
export function knownVisitor(request: FastifyRequest): string {
  if (request.visitor !== undefined) return request.visitor
  throw new StreamingError('authentication', 'Load the page first: it brings a cookie that this needs.')
}

function visitorOf(request: FastifyRequest): string | undefined {
  const signed = request.cookies[COOKIE]
  if (signed === undefined) return undefined
  const { valid, value } = request.unsignCookie(signed)
  return valid ? value : undefined
}

function isArrival({ method, headers, url }: FastifyRequest): boolean {
  if (method !== 'GET' || url.startsWith('/streams')) return false
  return url === '/' || url === '/api/me' || headers.accept?.includes('text/html') === true
}

function remember(visitor: string, request: FastifyRequest, reply: FastifyReply): void {
  reply.setCookie(COOKIE, visitor, {
    signed: true,
    httpOnly: true,
    sameSite: 'lax',
    // Behind a proxy that ends TLS it is TRUST_PROXY that makes this known.
    secure: request.protocol === 'https',
    path: '/',
    maxAge: THIRTY_DAYS_S,
  })
}
