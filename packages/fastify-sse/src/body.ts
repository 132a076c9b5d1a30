import type { OutgoingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest, onSendHookHandler, RouteOptions } from 'fastify'
import { BodySink, type SinkOptions, serveOnResponse } from './sink.ts'

/**
 * The body of an event stream, as Fastify takes one: a `Readable`, so that `onSend` hooks see it, and may put something
 * between it and the response. If none has, {@link writeToResponse} serves the viewer without it.
 */
export class EventStreamBody extends Readable {
  readonly options: SinkOptions
  #sink: BodySink | undefined

  constructor(options: SinkOptions) {
    super({ highWaterMark: options.serving.viewing.highWaterMark })
    this.options = options
  }

  override _read(): void {
    if (this.#sink !== undefined) this.#sink.ready()
    else {
      this.#sink = new BodySink(this.options, this)
      this.#sink.open()
    }
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#sink?.leave()
    callback(error)
  }
}

/** Replies whose answer is an event stream, and for which Fastify's `handlerTimeout` runs. */
const timed = new WeakSet<FastifyReply>()

/** Fastify's `handlerTimeout` is for the way to an answer. An event stream may last longer. */
export function outliveHandlerTimeout(reply: FastifyReply): void {
  if (reply.request.routeOptions.handlerTimeout > 0) timed.add(reply)
}

/**
 * The last `onSend` hook of a route that streams. If no hook has replaced the body or listens to it, it
 * writes straight to the response: the buffer and events of a `Readable` would cost more for each chunk than everything before them, and
 * what Fastify adds to follow a `Readable` and its response is 4 kB for each connection.
 */
const writeToResponse: onSendHookHandler = (request, reply, body, done) => {
  if (body instanceof EventStreamBody && isUntouched(body) && !needsFastify(request, reply)) {
    const { options } = body
    const { response } = options
    if (!response.headersSent) {
      response.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders)
    }
    reply.hijack()
    // Without a listener an error would end the process. 'close' follows, and ends the viewer.
    response.on('error', ignore)
    serveOnResponse(options)
    return
  }
  done(null, body)
  // Fastify has the body now, and no hook is left that could still answer with an error.
  if (timed.has(reply)) reply.hijack()
}

/**
 * Makes {@link writeToResponse} the last `onSend` hook of a route. Called by an `onRoute` hook; those of other plugins may
 * come after it, and add to the hooks of the route or wrap them, so it waits until all of them have run.
 */
export function writeLast(route: RouteOptions): void {
  process.nextTick(() => {
    const others = ([route.onSend ?? []].flat() as onSendHookHandler[]).filter(
      (hook) => hook !== writeToResponse,
    )
    route.onSend = [...others, writeToResponse]
  })
}

/** A hook that wants to see what is sent listens to the body, or has piped it somewhere. */
function isUntouched(body: EventStreamBody): boolean {
  return body.eventNames().length === 0
}

/** A HEAD has no body. Trailers are written by Fastify, behind a body that it follows. */
function needsFastify(request: FastifyRequest, reply: FastifyReply): boolean {
  return request.method === 'HEAD' || mayHaveTrailers(reply)
}

/** Fastify tells whether a reply has one trailer, by its name. It does not tell whether there is any. */
function mayHaveTrailers(reply: FastifyReply): boolean {
  trailers ??= Object.getOwnPropertySymbols(reply).find(
    (name) => name.description === 'fastify.reply.trailers',
  )
  return trailers === undefined || (reply as unknown as Record<symbol, unknown>)[trailers] !== null
}

let trailers: symbol | undefined

function ignore(): void {}
