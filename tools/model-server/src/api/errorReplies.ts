import type { FastifyError, FastifyInstance } from 'fastify'
import { isApi } from '../recording/recording.ts'
import { ApiError, incorrectKey, missingKey, serverError } from './apiError.ts'

/** Refuses requests to `/v1` that bring no key, or the key `invalid`; any other key will do. */
export function addAuthentication(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    if (!isApi(request.url)) return
    const [, key] = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '') ?? []
    if (key === undefined) throw missingKey()
    if (key === 'invalid') throw incorrectKey(key)
  })
}

/** Makes every error reply one in OpenAI's shape. */
export function addErrorReplies(app: FastifyInstance): void {
  app.setNotFoundHandler((request) => {
    const path = request.url.split('?')[0]
    throw new ApiError({ status: 404, message: `Invalid URL (${request.method} ${path})` })
  })
  app.setErrorHandler<FastifyError | ApiError>((error, request, reply) => {
    const known = error instanceof ApiError ? error : translated(error)
    if (!(error instanceof ApiError)) request.log.error(error)
    return reply.code(known.status).headers(known.headers).send(known.toJSON())
  })
}

function translated(error: FastifyError): ApiError {
  if (error.statusCode === 413) {
    return new ApiError({ status: 413, message: 'The request body is too large.' })
  }
  if (error.statusCode === undefined || error.statusCode >= 500) return serverError()
  return new ApiError({
    status: 400,
    message:
      'We could not parse the JSON body of your request. (HINT: This likely means you aren’t using your HTTP library ' +
      'correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)',
  })
}
