import type { FastifyError, FastifyInstance } from 'fastify'
import { isApi } from '../recording/recording.ts'
import { ApiError, incorrectKey, missingKey, serverError } from './api-error.ts'
import { errorBody } from './error-shapes.ts'

/**
 * Refuses requests to `/v1` and `/v1beta` that bring no key, or the key `invalid`; any other key will do. OpenAI's client
 * sends it as a bearer token, Anthropic's as `x-api-key`, Google's as `x-goog-api-key`.
 */
export function addAuthentication(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    if (!isApi(request.url)) return
    const { authorization = '', 'x-api-key': anthropic, 'x-goog-api-key': google } = request.headers
    const key = /^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? anthropic?.toString() ?? google?.toString()
    if (key === undefined) throw missingKey()
    if (key === 'invalid') throw incorrectKey(key)
  })
}

/** Makes every error reply one in the shape of its API. */
export function addErrorReplies(app: FastifyInstance): void {
  app.setNotFoundHandler((request) => {
    const path = request.url.split('?')[0]
    throw new ApiError({ status: 404, message: `Invalid URL (${request.method} ${path})` })
  })
  app.setErrorHandler<FastifyError | ApiError>((error, request, reply) => {
    const known = error instanceof ApiError ? error : translated(error)
    if (!(error instanceof ApiError)) request.log.error(error)
    return reply.code(known.status).headers(known.headers).send(errorBody(known, request.url))
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
