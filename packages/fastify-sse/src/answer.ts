import { StreamingError } from '@sluice/core'
import type { StreamHandle } from '@sluice/core/server'
import { findPlace, type PlaceOptions, randomRetryMs } from '@sluice/core/transport'
import type { FastifyReply } from 'fastify'
import { EventStreamBody, outliveHandlerTimeout } from './body.ts'
import { type SseFraming, sseFrames, wireFraming } from './framing.ts'
import type { Serving } from './sink.ts'

const EXPOSED = ['Stream-Id', 'Location', 'Retry-After']

/** The stream and the cursor of a viewer, and how it is served. */
export interface EventsOptions {
  readonly handle: StreamHandle
  readonly after: number
  readonly framing?: SseFraming
  /** What a viewer of a wire gets first; absent: Sluice's own protocol. */
  readonly rest?: string
  /** The status of an answer without any event. @default 204 */
  readonly ifNothingLeft?: 200 | 204 | undefined
  readonly serving: Serving
}

/**
 * The body of an answer with the events of a stream after a cursor; 204 and no body if there will never be any. A handler
 * returns it: if it returned the reply, Fastify would wait for the end of the response, at 1 kB for each.
 */
export function eventsAnswer(reply: FastifyReply, options: EventsOptions): EventStreamBody | undefined {
  const { handle, after, framing = sseFrames, rest, ifNothingLeft = 204, serving } = options
  reply.header('stream-id', handle.record.streamId)
  exposeFields(reply, EXPOSED)
  reply.header('cache-control', 'no-cache, no-transform')
  // A native EventSource stops at a 204 and does not report a failure (WHATWG HTML §9.2.3).
  if (handle.ended && after === handle.last && !rest && ifNothingLeft === 204) {
    reply.code(204)
    return undefined
  }

  reply.header('content-type', 'text/event-stream; charset=utf-8')
  // nginx buffers a proxied answer unless this field says otherwise.
  reply.header('x-accel-buffering', 'no')
  outliveHandlerTimeout(reply)
  const { raw: response, log } = reply
  return new EventStreamBody({ handle, after, framing, rest, serving, response, log })
}

/** How a stream is sent on a wire. */
export interface WireAnswerOptions extends PlaceOptions {
  /**
   * The answer if the stream has ended and the client has all its messages: none (204, at which an `EventSource` stops), or
   * an event stream of no events (200). @default 204
   */
  readonly ifNothingLeft?: 200 | 204
}

/**
 * As {@link eventsAnswer}, on a wire.
 * @throws {StreamingError} as {@link findPlace}; `capacity` if the plugin has as many viewers as it may
 */
export async function wireAnswer(
  reply: FastifyReply,
  handle: StreamHandle,
  { ifNothingLeft, ...options }: WireAnswerOptions,
  serving: Serving,
): Promise<EventStreamBody | undefined> {
  // Most of these clients do not come back after an answer that is cut. They do after this error.
  if (serving.viewers.isReached) {
    throw new StreamingError('capacity', undefined, { retryAfterMs: randomRetryMs(serving.viewing.retryMs) })
  }
  const place = await findPlace(handle, options)
  for (const [name, value] of Object.entries(options.wire.headers ?? {})) reply.header(name, value)
  const { after, rest } = place
  return eventsAnswer(reply, { handle, after, framing: wireFraming(place), rest, ifNothingLeft, serving })
}

/**
 * Names header fields of an answer that a page on another origin may read: it sees no others
 * (https://fetch.spec.whatwg.org/#http-access-control-expose-headers). Those that a CORS plugin has named stay.
 *
 * @example
 * exposeFields(reply, ['X-Request-Id'])
 */
export function exposeFields(reply: FastifyReply, names: readonly string[]): void {
  const already = reply.getHeader('access-control-expose-headers') ?? []
  reply.header('access-control-expose-headers', [already, ...names].flat().join(', '))
}
