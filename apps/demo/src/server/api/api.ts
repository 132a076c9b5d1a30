import { createHash } from 'node:crypto'
import { StreamingError } from '@sluice/core'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { LabLimits, Me } from '../../shared/api.ts'
import type { ModelSource } from '../model-source.ts'
import { knownVisitor } from '../visitors.ts'
import { type ConversationRoutesOptions, conversationRoutes } from './conversation-routes.ts'
import { answerWithErrors } from './errors.ts'
import { type LabRoutesOptions, labRoutes } from './lab-routes.ts'

/** Options of {@link api}. */
export interface ApiOptions extends ConversationRoutesOptions, LabRoutesOptions {
  readonly source: ModelSource
  readonly limits: LabLimits
  /** This process, for people. */
  readonly instance: string
}

/** Everything that the page asks for beside the streams, under `/api` (`src/shared/api.ts`). */
export async function api(app: FastifyInstance, options: ApiOptions): Promise<void> {
  answerWithErrors(app)
  // Answers are about one visitor: no cache in between may keep them.
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
  })
  app.addHook('onRequest', fromOwnPage)
  app.get('/me', async (request): Promise<Me> => {
    const { source, instance, limits } = options
    const visitor = nameOf(knownVisitor(request))
    return { visitor, source: source.name, models: [...source.models], instance, lab: limits }
  })
  await conversationRoutes(app, options)
  await labRoutes(app, options)
}

/**
 * `SameSite` keeps other sites' pages from using the cookie; a page at another port of this host is the same site.
 * @throws {StreamingError} `permission_denied` if something is to be changed from another origin's page.
 */
async function fromOwnPage({ method, headers: { origin }, host }: FastifyRequest): Promise<void> {
  if (method === 'GET' || method === 'HEAD' || origin === undefined) return
  if (URL.canParse(origin) && new URL(origin).host === host) return
  throw new StreamingError('permission_denied', `A page of ${origin} may not do this.`)
}

/** Enough to see that two browsers are two visitors, and of no use for being one of them. */
function nameOf(visitor: string): string {
  return createHash('sha256').update(visitor).digest('hex').slice(0, 6)
}
