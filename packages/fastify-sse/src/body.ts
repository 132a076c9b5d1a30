import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { readableOutlet, responseOutlet } from './outlet.ts'
import { EventSink, type SinkOptions } from './sink.ts'

/**
 * The body of an event stream, as Fastify takes one: a `Readable`, so that `onSend` hooks see it, and may put something
 * between it and the response. Where none has, {@link writeToResponse} takes its place.
 */
export class EventStreamBody extends Readable {
  readonly options: SinkOptions
  #sink: EventSink | undefined

  constructor(options: SinkOptions) {
    super({ highWaterMark: options.viewing.highWaterMark })
    this.options = options
  }

  override _read(): void {
    if (this.#sink === undefined) this.#sink = new EventSink(this.options, () => readableOutlet(this))
    else this.#sink.ready()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#sink?.leave()
    callback(error)
  }
}

/**
 * The last `onSend` hook of a route that streams: writes a body that nobody has replaced, or listens to, straight to
 * its response. A `Readable`'s own buffer and events would cost more for each chunk than everything before them, and
 * that Fastify follows it, and its response, 4 kB for each connection.
 */
export function writeToResponse(
  request: FastifyRequest,
  reply: FastifyReply,
  body: unknown,
  done: (error: null, body: unknown) => void,
): void {
  const isUntouched = body instanceof EventStreamBody && body.eventNames().length === 0
  if (!isUntouched || request.method === 'HEAD' || mayHaveTrailers(reply)) {
    done(null, body)
    return
  }
  const { options } = body
  const { response, viewing } = options
  if (!response.headersSent) {
    response.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders)
  }
  reply.hijack()
  // Nobody else listens, and without a listener it would be the process's. What is to be done follows with 'close'.
  response.on('error', ignore)
  // Its client may be gone by now: then nobody would ever hear of it again.
  if (isClosed(response)) return
  new EventSink(options, (sink) => responseOutlet(response, viewing.highWaterMark, sink))
}

/** Whether its 'close' has been. HTTP/2's is destroyed by its stream alone. */
function isClosed(response: ServerResponse): boolean {
  const { stream } = response as { readonly stream?: ServerHttp2Stream }
  return stream === undefined ? response.destroyed : stream.destroyed
}

/** Trailers are written by Fastify, behind a body that it follows. They are nowhere to be asked for but where it has them. */
function mayHaveTrailers(reply: FastifyReply): boolean {
  trailers ??= Object.getOwnPropertySymbols(reply).find(
    (name) => name.description === 'fastify.reply.trailers',
  )
  return trailers === undefined || (reply as unknown as Record<symbol, unknown>)[trailers] !== null
}

let trailers: symbol | undefined

function ignore(): void {}
