import type { StreamingError } from '@sluice/core'
import { checkInputSize, InvalidOptionError } from '@sluice/core/transport'
import type { FastifyInstance } from 'fastify'

/** Deeper than any client writes, and far from where a stack is full. The input of a definition has its own limit. */
const BODY_LIMITS = { maxDepth: 256, maxValues: Number.POSITIVE_INFINITY }

/** Refuses bodies with more levels than code that walks them can take. Called before the routes of a plugin are added. */
export function refuseDeepBodies(app: FastifyInstance): void {
  app.addHook('preHandler', (request, _reply, done) => {
    checkInputSize(request.body, BODY_LIMITS, 'The body')
    done()
  })
}

/**
 * Answers a URL below the prefix of a plugin that is none of its routes in the form of the plugin's errors. Without a prefix
 * it does nothing: other URLs are the application's.
 */
export function answerUnknownUrls(
  app: FastifyInstance,
  error: (method: string, path: string) => StreamingError,
): void {
  if (app.prefix === '' || app.prefix === '/') return
  try {
    app.setNotFoundHandler(async ({ method, url }) => {
      throw error(method, url.replace(/\?.*$/s, ''))
    })
  } catch {
    // The application has one for this prefix.
  }
}

/** The path of a URL with parameters, a tenant or a room, with the values that a request has for them. */
export function pathOf(pattern: string, params: unknown): string {
  const values = params as Readonly<Record<string, string>>
  return pattern.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(values[name] ?? ''))
}

/**
 * Refuses a prefix with a parameter that the routes of a plugin have too: it would not count for the scope of a stream, so that
 * tenants would find each other's.
 * @throws InvalidOptionError that names the parameter
 */
export function refuseParameter(path: string, name: string, option = 'prefix'): void {
  if (!new RegExp(`:${name}(?!\\w)`).test(path)) return
  throw new InvalidOptionError(
    `${option} has a parameter \`${name}\`, which the routes have too: give it another name.`,
  )
}
