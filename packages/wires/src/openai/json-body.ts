import type { FastifyInstance } from 'fastify'

/**
 * Takes JSON alone, so that a form on another site's page can post nothing, and takes an empty body for none: the
 * `openai` package for Python says `Content-Type: application/json` on each POST.
 */
export function acceptEmptyBodies(app: FastifyInstance): void {
  const { onProtoPoisoning, onConstructorPoisoning } = app.initialConfig
  const parse = app.getDefaultJsonParser(onProtoPoisoning ?? 'error', onConstructorPoisoning ?? 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else void parse(request, body as string, done)
  })
}
