import type { Readable } from 'node:stream'
import { type StreamEvent, StreamingError } from '@sluice/core'
import { errorFacts, logError, type StreamHandle } from '@sluice/core/server'
import { asStreamingError, checkOrigin, scopeOfParams } from '@sluice/core/transport'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { exposeFields, type WireAnswerOptions, wireAnswer } from './answer.ts'
import { type CheckedViewing, checkedViewing, type ViewingOptions } from './options.ts'
import { lastMessageIdOf, originOf, ownerOf, streamPlaceOf } from './request.ts'
import { dropConnectionField, serveStreams } from './serve-streams.ts'
import type { Serving } from './sink.ts'

/** Further options of {@link streamServer}. */
export interface StreamServerOptions {
  /**
   * The body of an error before a stream exists, whatever has thrown it: `wire.errorBody`. A string is sent as text, all else
   * as JSON. The answer has the status and the `Retry-After` of the error. @default the application's error handler answers
   */
  readonly errorBody?: (error: StreamingError) => unknown
}

/** Serves streams on routes of a plugin: made by {@link streamServer}. */
export interface StreamServer {
  /** The options of the plugin, checked, with their defaults. */
  readonly options: CheckedViewing
  /**
   * The owner of a request. `undefined`: the application names none.
   * @throws {StreamingError} `authentication` if the application names owners, and has none for this request
   */
  ownerOf(request: FastifyRequest): Promise<string | undefined>
  /**
   * The scope of a request: the parameters of its URL, so that a stream of `/tenants/1` is not found by way of `/tenants/2`.
   * @param own the parameters of the plugin's own routes, such as the id of the stream. They do not count.
   */
  scopeOf(request: FastifyRequest, own?: readonly string[]): string | null
  /** `Last-Event-ID`, or else `?lastEventId=`, as it was sent; `undefined`: the client has read nothing. */
  lastEventId(request: FastifyRequest): string | undefined
  /**
   * The same for routes whose URL does not name the stream: the ids of their messages do (`idsNameStream`).
   * @throws {StreamingError} `invalid_request` if it is not `{stream_id}:{cursor}`
   */
  streamCursor(
    request: FastifyRequest,
  ): { readonly streamId: string; readonly cursor: string; readonly name: string } | undefined
  /**
   * Answers with the messages of a stream on a wire, those that are there after the cursor and those that come. The handler
   * has to return what it resolves to: the body, or `undefined` for a 204. If the terminal event was sent, the body ends;
   * if the viewer is disconnected for any other reason, the connection is cut.
   *
   * @throws {StreamingError} `invalid_request` if the cursor is malformed; `resume_expired` if the log does not have what it
   * needs; `capacity`, `shutting_down`
   */
  send(reply: FastifyReply, handle: StreamHandle, options: WireAnswerOptions): Promise<Readable | undefined>
  /**
   * The events of a stream to its end, for an answer that is one JSON body. It counts as a viewer.
   * @throws {StreamingError} as `handle.read`; `connection_closed` if the client disconnects; `capacity`
   */
  read(reply: FastifyReply, handle: StreamHandle): AsyncIterable<StreamEvent>
}

/**
 * Prepares the scope of a plugin to serve streams on routes of its own. It checks the options, joins the hub to the server,
 * and adds hooks: the origin of each request but GET, HEAD and OPTIONS is checked. Call it once, before the routes are added.
 *
 * @throws InvalidOptionError (`FST_ERR_SLUICE_OPTION`) that names the option, if a value is not valid
 *
 * @example
 * const shout: FastifyPluginAsync<ViewingOptions> = async (app, given) => {
 *   const server = streamServer(app, given, { errorBody: wire.errorBody })
 *   const { hub, authorize } = server.options
 *   app.post('/shout', async (request, reply) => {
 *     const owner = await server.ownerOf(request)
 *     const scope = server.scopeOf(request)
 *     const handle = await hub.start({ stream: 'chat', input: request.body, owner, scope, authorize })
 *     reply.header('location', `${app.prefix}/shout/${handle.record.streamId}`)
 *     return server.send(reply, handle, { wire })
 *   })
 *   app.get<{ Params: { id: string } }>('/shout/:id', async (request, reply) => {
 *     const owner = await server.ownerOf(request)
 *     const scope = server.scopeOf(request, ['id'])
 *     const handle = await hub.find({ stream: 'chat', streamId: request.params.id, owner, scope, authorize })
 *     return server.send(reply, handle, { wire, cursor: server.lastEventId(request) })
 *   })
 * }
 */
export function streamServer(
  app: FastifyInstance,
  given: ViewingOptions,
  { errorBody }: StreamServerOptions = {},
): StreamServer {
  const options = checkedViewing(given)
  const serving = serveStreams(app, options)
  app.addHook('onRequest', async (request) => {
    if (!SAFE_METHODS.includes(request.method)) checkOrigin(originOf(request), options)
  })
  if (errorBody !== undefined) {
    app.setErrorHandler((thrown, request, reply) => {
      dropConnectionField(request, reply)
      return sendError(reply, thrown, errorBody)
    })
  }
  return {
    options,
    ownerOf: (request) => ownerOf(request, options),
    scopeOf: (request, own) => scopeOfParams(request.params, own),
    lastEventId: lastMessageIdOf,
    streamCursor: (request) => streamPlaceOf(request, 'cursor'),
    send: (reply, handle, wireOptions) => wireAnswer(reply, handle, wireOptions, serving),
    read: (reply, handle) => readWhole(reply, handle, serving),
  }
}

/** A page of another site cannot read their answers, and they start nothing (RFC 9110 §9.2.1). */
const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS']

/** Answers with an error in the form of a wire. */
export function sendError(
  reply: FastifyReply,
  thrown: unknown,
  errorBody: (error: StreamingError) => unknown,
): FastifyReply {
  const error = asStreamingError(thrown)
  if (error.status < 500) reply.log.info({ err: errorFacts(thrown) }, error.message)
  else logError(reply.log, {}, thrown, error.message)
  if (error.retryAfterMs !== undefined) {
    // RFC 9110 §10.2.3 knows whole seconds.
    reply.header('retry-after', `${Math.ceil(error.retryAfterMs / 1000)}`)
    // The body of a wire does not say it again.
    exposeFields(reply, ['Retry-After'])
  }
  const body = errorBody(error)
  const isText = typeof body === 'string'
  const type = isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8'
  return reply
    .code(error.status)
    .header('content-type', type)
    .send(isText ? body : JSON.stringify(body))
}

async function* readWhole(
  { raw: response }: FastifyReply,
  handle: StreamHandle,
  { viewers, viewing }: Serving,
): AsyncGenerator<StreamEvent, void, undefined> {
  if (viewers.take() !== undefined) throw new StreamingError('capacity')
  const left = new AbortController()
  const leave = (): void => left.abort(new StreamingError('connection_closed'))
  response.once('close', leave)
  if (response.destroyed) leave()
  try {
    yield* handle.read({ signal: left.signal, stallMs: viewing.stallMs })
  } finally {
    response.off('close', leave)
    viewers.release()
  }
}
