import type { StreamingError } from '@sluice/core'
import { refuseRestarts } from '@sluice/core/transport'
import { exposeFields, streamServer } from '@sluice/fastify-sse'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { answerUnknownUrls, refuseDeepBodies, refuseParameter } from '../plugin-scope.ts'
import { chatCompletions } from './chat/wire.ts'
import { errorBody, fault, toOpenAiStatus } from './errors.ts'
import { acceptEmptyBodies } from './json-body.ts'
import { checkModels, type OpenAiOptions } from './options.ts'
import { responses } from './responses/wire.ts'
import { chatRoutes } from './routes/chat.ts'
import { modelRoutes } from './routes/models.ts'
import { responseRoutes } from './routes/responses.ts'
import type { Handler } from './routes/route.ts'
import { Streams } from './routes/streams.ts'

/**
 * Serves definitions of a hub as models of OpenAI's API, under the plugin's prefix (`/v1`): `POST /chat/completions`,
 * `POST /responses`, `GET /responses/{id}`, `POST /responses/{id}/cancel`, `GET /models`. Each stream that it sends has a
 * `Location`, at which a client reads on and stops it. Encapsulated: the hooks of the scope that it is registered in
 * (authentication, rate limits, CORS) run first.
 *
 * https://platform.openai.com/docs/api-reference
 *
 * @throws InvalidOptionError (`FST_ERR_SLUICE_OPTION`) at registration if an option is not valid, or if a definition may
 * take text back (`retry: { afterFirstChunk: 'restart' }`): these formats cannot
 *
 * @example
 * app.register(openAi, {
 *   hub,
 *   owner: (request) => userOf(request.headers.authorization),
 *   prefix: '/v1',
 *   models: { 'support-bot': { stream: 'chat', input: ({ messages }) => ({ messages }) } },
 * })
 */
export const openAi = fp<OpenAiOptions>(register, {
  name: '@sluice/wires/openai',
  fastify: '5.x',
  encapsulate: true,
})

async function register(app: FastifyInstance, options: OpenAiOptions): Promise<void> {
  refuseParameter(app.prefix, 'id')
  const server = streamServer(app, options, { errorBody })
  const { hub } = server.options
  checkModels(options.models, hub)
  const offered = Object.values(options.models).map(({ stream }) => stream)
  const definitions = Object.fromEntries(offered.map((name) => [name, hub.streams[name]!]))
  for (const wire of [chatCompletions, responses]) refuseRestarts(wire, definitions)
  acceptEmptyBodies(app)
  refuseDeepBodies(app)

  const streams = new Streams({ server, options, offered: new Set(offered), prefix: app.prefix })
  const routes = [...chatRoutes(streams), ...responseRoutes(streams), ...modelRoutes(streams)]
  for (const { method, url, handler } of routes) {
    app.route({
      method,
      url,
      exposeHeadRoute: false,
      handler: answering(handler),
      ...(options.bodyLimit !== undefined && { bodyLimit: options.bodyLimit }),
    })
  }
  answerUnknownUrls(app, unknownUrl)
}

/** The header fields that the `openai` package reads, in a page too. */
const CLIENT_FIELDS = ['x-request-id', 'x-should-retry']

/** Errors get the statuses of OpenAI's servers, and the answer an id that clients show in theirs. */
function answering(handler: Handler): Handler {
  return async (request, reply) => {
    if (!reply.hasHeader('x-request-id')) reply.header('x-request-id', request.id)
    exposeFields(reply, CLIENT_FIELDS)
    try {
      return await handler(request, reply)
    } catch (error) {
      throw toOpenAiStatus(error, (name, value) => reply.header(name, value))
    }
  }
}

/** The error of a URL below the prefix that is none of this API. */
function unknownUrl(method: string, path: string): StreamingError {
  return fault({ type: 'not_found', message: `Invalid URL (${method} ${path})`, code: 'unknown_url' })
}
