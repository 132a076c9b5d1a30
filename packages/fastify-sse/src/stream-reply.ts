import type { Part } from '@sluice/core'
import type { AnyStreamDefinition, RunContext, StreamDefinition, StreamHandle } from '@sluice/core/server'
import {
  asHttpError,
  checkOrigin,
  hashInput,
  InvalidOptionError,
  refuseRestarts,
  type Wire,
} from '@sluice/core/transport'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { eventsAnswer, wireAnswer } from './answer.ts'
import { sseFraming } from './framing.ts'
import { checkedReply, type StreamReplyOptions } from './options.ts'
import {
  checkAccept,
  checkFetchMetadata,
  idempotencyKeyOf,
  originOf,
  ownerOf,
  parseCursor,
  streamPlaceOf,
  threadOf,
} from './request.ts'
import { serveStreams } from './serve-streams.ts'
import { sendError } from './stream-server.ts'

/** Makes the answer. It is called for a start, and not for a viewer that resumes. */
export type StreamThunk = (
  context: Pick<RunContext, 'signal' | 'streamId' | 'owner' | 'attempt' | 'failure'>,
) => AsyncIterable<Part>

/** The options of a stream of a route of the application's own: most of those of a definition. */
export interface ReplyStreamOptions extends Omit<StreamDefinition, 'input' | 'run'> {
  /** The stream's name in its events. @default the URL of the route */
  readonly name?: string
  /**
   * The scope of the stream, beside its owner and the route with its parameters: a tenant, for instance. A key or a
   * cursor of another scope finds nothing. @default undefined
   */
  readonly scope?: string
  /**
   * The wire that the client reads. Its ids name the stream: `{stream_id}:{cursor}`; errors before the stream are in its
   * form. @default Sluice's own protocol
   */
  readonly wire?: Wire
}

declare module 'fastify' {
  interface FastifyReply {
    /**
     * Answers with the events of a stream that `thunk` makes. The stream has ids, a log, limits and an end like any
     * other; if an `EventSource` reconnects, it continues after the last event that it has, and `thunk` is not called
     * again.
     *
     * @throws InvalidThunkError (`FST_ERR_SLUICE_THUNK`) if `thunk` is not a function
     * @throws InvalidOptionError (`FST_ERR_SLUICE_OPTION`) if the `wire` cannot take text back, and `retry` wants that
     */
    stream(thunk: StreamThunk, options?: ReplyStreamOptions): Promise<FastifyReply>
  }
}

/** Decorates replies with `reply.stream(…)`, for routes of the application's own. */
export const streamReply = fp<StreamReplyOptions>(decorate, {
  name: '@sluice/fastify-sse/stream-reply',
  fastify: '5.x',
})

/** Thrown if the first argument of `reply.stream` is not a function. */
class InvalidThunkError extends TypeError {
  override readonly name = 'FastifyError'
  readonly code = 'FST_ERR_SLUICE_THUNK'
  readonly statusCode = 500

  constructor(given: unknown) {
    super(`reply.stream takes a function that returns an async iterable, and got ${typeof given}.`)
  }
}

async function decorate(app: FastifyInstance, given: StreamReplyOptions): Promise<void> {
  const options = checkedReply(given)
  const { hub, authorize, allowMissingFetchMetadata = false } = options
  const serving = serveStreams(app, options)

  app.decorateReply('stream', async function stream(this: FastifyReply, thunk, replyOptions = {}) {
    if (typeof thunk !== 'function') throw new InvalidThunkError(thunk)
    try {
      return await answer(this, thunk, replyOptions)
    } catch (error) {
      const { wire } = replyOptions
      // A mistake in the options is for the developer.
      if (wire !== undefined && !(error instanceof InvalidOptionError)) {
        return sendError(this, error, (refusal) => wire.errorBody(refusal))
      }
      throw asHttpError(error)
    }
  })

  async function answer(
    reply: FastifyReply,
    thunk: StreamThunk,
    { name, scope, wire, ...definition }: ReplyStreamOptions,
  ): Promise<FastifyReply> {
    const { request } = reply
    checkOrigin(originOf(request), options)
    // Clients of wires ask for JSON, and take an event stream.
    if (wire === undefined) checkAccept(request)
    const cursor = streamPlaceOf(request, wire === undefined ? 'chunk_id' : 'cursor')
    const isGet = request.method === 'GET' || request.method === 'HEAD'
    if (cursor === undefined && isGet) checkFetchMetadata(request, allowMissingFetchMetadata)
    // A HEAD must not do what a GET does not do safely (RFC 9110 §9.2.1): it starts nothing.
    if (cursor === undefined && request.method === 'HEAD') {
      return reply.header('content-type', 'text/event-stream; charset=utf-8').send()
    }
    const owner = await ownerOf(request, options)
    const stream = name ?? request.routeOptions.url ?? request.url
    if (wire !== undefined) refuseRestarts(wire, { [stream]: { ...definition, input: anyInput, run: thunk } })
    const place = { stream, scope: scopeOf(request, scope), owner, authorize }
    const handle: StreamHandle =
      cursor === undefined
        ? await hub.startWith(
            { ...definition, input: anyInput, run: thunk },
            {
              ...place,
              input: request.body,
              idempotencyKey: idempotencyKeyOf(request),
              thread: threadOf(request),
            },
          )
        : await hub.find({ ...place, streamId: cursor.streamId })
    if (wire !== undefined) {
      const at = { wire, cursor: cursor?.cursor, cursorName: cursor?.name, idsNameStream: true }
      return reply.send(await wireAnswer(reply, handle, at, serving))
    }
    const after = cursor === undefined ? 0 : parseCursor(cursor.name, cursor.cursor)
    handle.checkCursor(after)
    const framing = sseFraming(`${handle.record.streamId}:`)
    return reply.send(eventsAnswer(reply, { handle, after, framing, serving }))
  }
}

/** A stream of `/rooms/1/ask` must not be found by way of `/rooms/2/ask`. */
function scopeOf({ params, routeOptions }: FastifyRequest, scope: string | undefined): string {
  return hashInput([routeOptions.url, params, scope])
}

/** The schema of the route has validated the input. */
const anyInput: AnyStreamDefinition['input'] = {
  '~standard': { version: 1, vendor: 'sluice', validate: (value) => ({ value }) },
}
