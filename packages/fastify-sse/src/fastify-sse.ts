import { StreamingError } from '@sluice/core'
import type { StreamHandle } from '@sluice/core/server'
import {
  asHttpError,
  checkOrigin,
  InvalidOptionError,
  scopeOfParams,
  serializeAnswer,
} from '@sluice/core/transport'
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifySchema,
  HTTPMethods,
  RouteShorthandOptions,
} from 'fastify'
import fp from 'fastify-plugin'
import { eventsAnswer } from './answer.ts'
import { sseFraming } from './framing.ts'
import { checkedSse, type FastifySseOptions, type StreamAction } from './options.ts'
import {
  checkAccept,
  checkContentType,
  cursorOf,
  idempotencyKeyOf,
  originOf,
  ownerOf,
  streamCursorOf,
  threadOf,
  threadOfQuery,
} from './request.ts'
import { RouteSchemas, undocumented } from './schemas.ts'
import { dropConnectionField, serveStreams } from './serve-streams.ts'

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>
type Handled = Partial<Record<HTTPMethods, { readonly handler: Handler; readonly schema: FastifySchema }>>

/** The name of a definition at the end of a path, and what follows it: the rest is the prefix as it was called with. */
const PATH_END = /\/[^/?#]+\/?(\?|$)/

const NOTHING_TO_CANCEL = 'Idempotency-Key: is missing; or name the stream in the URL.'

/** Methods that a URL of this plugin answers with 405 if it has no handler for them. `OPTIONS` is left to a CORS plugin. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/**
 * Routes for each definition of a hub, under the plugin's prefix: `POST /{name}` starts a stream and answers with
 * its events, `GET /{name}/{stream_id}` reads it from a cursor, `GET /{name}?thread={id}` reads the newest stream of a thread,
 * `DELETE /{name}/{stream_id}` cancels. Encapsulated:
 * the hooks of the scope that it is registered in (authentication, rate limits, CORS) run first.
 */
export const fastifySse = fp<FastifySseOptions>(registerRoutes, {
  name: '@sluice/fastify-sse',
  fastify: '5.x',
  encapsulate: true,
})

async function registerRoutes(app: FastifyInstance, given: FastifySseOptions): Promise<void> {
  const options = checkedSse(given)
  const { hub, authorize } = options
  if (/:streamId\b/.test(app.prefix)) {
    throw new InvalidOptionError(
      'prefix has a parameter `streamId`, which the routes have too: give it another name.',
    )
  }
  const serving = serveStreams(app, options)
  // An error that is thrown here goes on to the application's own error handler, if it has one.
  app.setErrorHandler((error, request, reply) => {
    dropConnectionField(request, reply)
    throw asHttpError(error)
  })
  // Before the body is read: a request that is refused is not parsed.
  app.addHook('onRequest', async (request) => {
    if (request.method !== 'GET') checkOrigin(originOf(request), options)
    if (request.method === 'POST') checkContentType(request)
    if (request.method !== 'DELETE') checkAccept(request)
  })

  const schemas = new RouteSchemas(app.server)
  for (const [name, { input }] of Object.entries(hub.streams)) {
    const given = options.routes?.[name]
    const { schema: _schema, hide: _hide, ...own } = given ?? {}
    const documented = (action: StreamAction) => schemas.of(action, name, input, given)
    addRoutes(app, `/${name}`, own, {
      POST: { handler: start(name), schema: documented('start') },
      GET: { handler: latest(name), schema: documented('latest') },
      DELETE: { handler: cancelByKey(name), schema: documented('cancelByKey') },
    })
    addRoutes(app, `/${name}/:streamId`, own, {
      GET: { handler: resume(name), schema: documented('resume') },
      DELETE: { handler: cancel(name), schema: documented('cancel') },
    })
  }
  addRoutes(app, '/:stream', {}, everyMethod(unknown))
  addRoutes(app, '/:stream/:streamId', {}, everyMethod(unknown))

  function start(name: string): Handler {
    return async (request, reply) => {
      const owner = await ownerOf(request, options)
      const idempotencyKey = idempotencyKeyOf(request)
      const thread = threadOf(request)
      const cursor = cursorOf(request)
      const context = await options.context?.(request)
      const handle = await hub.start({
        stream: name,
        input: request.body,
        owner,
        authorize,
        scope: scopeOf(request),
        idempotencyKey,
        thread,
        context,
        isRepeat: cursor !== undefined,
      })
      const after = cursor ?? 0
      handle.checkCursor(after)
      reply.header('location', locationOf(request, handle))
      return eventsAnswer(reply, { handle, after, serving })
    }
  }

  function resume(name: string): Handler {
    return async (request, reply) => {
      const owner = await ownerOf(request, options)
      const handle = await hub.find({
        streamId: streamIdOf(request),
        stream: name,
        scope: scopeOf(request),
        owner,
        authorize,
      })
      const after = cursorOf(request) ?? 0
      handle.checkCursor(after)
      return eventsAnswer(reply, { handle, after, serving })
    }
  }

  /** The URL does not name the stream, so the ids of its events do: an `EventSource` that reconnects stays with it. */
  function latest(name: string): Handler {
    return async (request, reply) => {
      const owner = await ownerOf(request, options)
      const thread = threadOfQuery(request)
      const cursor = streamCursorOf(request)
      const place = { stream: name, scope: scopeOf(request), owner, authorize }
      const handle =
        cursor === undefined
          ? await hub.latest({ ...place, thread })
          : await hub.find({ ...place, streamId: cursor.streamId })
      if (handle === undefined || (cursor === undefined && handle.ended)) return reply.code(204).send()
      const after = cursor?.after ?? 0
      handle.checkCursor(after)
      reply.header('location', locationOf(request, handle))
      const framing = sseFraming(`${handle.record.streamId}:`)
      return eventsAnswer(reply, { handle, after, framing, serving })
    }
  }

  function locationOf({ url }: FastifyRequest, { record }: StreamHandle): string {
    // The prefix may have parameters; the URL has their values.
    const routes = app.prefix.includes(':') ? url.slice(0, url.search(PATH_END)) : app.prefix
    return `${routes}/${record.stream}/${record.streamId}`
  }

  function cancel(name: string): Handler {
    return async (request, reply) => {
      const owner = await ownerOf(request, options)
      await hub.cancel({
        streamId: streamIdOf(request),
        stream: name,
        scope: scopeOf(request),
        owner,
        authorize,
      })
      return reply.code(204).send()
    }
  }

  function cancelByKey(name: string): Handler {
    return async (request, reply) => {
      const owner = await ownerOf(request, options)
      const place = { stream: name, scope: scopeOf(request), owner, authorize }
      const idempotencyKey = idempotencyKeyOf(request)
      if (idempotencyKey === undefined) {
        const isThread = (request.query as Record<string, unknown>).thread !== undefined
        if (!isThread) throw new StreamingError('invalid_request', NOTHING_TO_CANCEL)
        await hub.cancelLatest({ ...place, thread: threadOfQuery(request) })
        return reply.code(204).send()
      }
      await hub.cancelByKey({ ...place, idempotencyKey })
      return reply.code(204).send()
    }
  }

  async function unknown(request: FastifyRequest): Promise<never> {
    const { stream } = request.params as { readonly stream: string }
    const names = Object.keys(hub.streams).join(', ')
    throw new StreamingError('not_found', `There is no stream named '${stream}'; there is: ${names}.`)
  }
}

function addRoutes(app: FastifyInstance, url: string, own: RouteShorthandOptions, handled: Handled): void {
  const allowed = Object.keys(handled).join(', ')
  const shared = {
    url,
    exposeHeadRoute: false,
    // The definition's schema alone decides: a validator of Fastify's would coerce the input before it.
    validatorCompiler: () => (input: unknown) => ({ value: input }),
    // The answer of a hook, or of the application's own error handler, stays as it is.
    serializerCompiler: () => serializeAnswer,
  }
  for (const method of METHODS) {
    const route = handled[method]
    if (route !== undefined) app.route({ ...own, ...shared, method, ...route })
    else app.route({ ...shared, method, schema: undocumented, handler: refuse, onRequest: refuse })
  }

  async function refuse(request: FastifyRequest, reply: FastifyReply): Promise<never> {
    reply.header('allow', allowed)
    throw new StreamingError('invalid_request', `${request.method} is not allowed here: use ${allowed}.`, {
      status: 405,
    })
  }
}

function everyMethod(handler: Handler): Handled {
  return Object.fromEntries(METHODS.map((method) => [method, { handler, schema: undocumented }]))
}

function streamIdOf(request: FastifyRequest): string {
  return (request.params as { readonly streamId: string }).streamId
}

/** The prefix may have parameters: a tenant, a room. */
function scopeOf({ params }: FastifyRequest): string | null {
  return scopeOfParams(params, ['streamId'])
}
