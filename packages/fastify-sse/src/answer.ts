import type { StreamHandle } from '@sluice/core/server'
import type { Limit } from '@sluice/core/transport'
import type { FastifyReply } from 'fastify'
import { EventStreamBody } from './body.ts'
import type { Departures } from './departures.ts'
import { type SseFraming, sseFrames } from './framing.ts'
import type { CheckedViewing } from './options.ts'

const EXPOSED = ['Stream-Id', 'Location', 'Retry-After']

/** What a viewer is to see, and how it is served. */
export interface EventsOptions {
  readonly handle: StreamHandle
  readonly after: number
  readonly framing?: SseFraming
  readonly viewing: CheckedViewing
  readonly viewers: Limit
  readonly departures: Departures
}

/**
 * The body of an answer with the events of a stream after a cursor; 204 and no body where there will never be any.
 * A handler returns it: one that returned the reply would have Fastify wait for the response's end, at 1 kB for each.
 */
export function eventsAnswer(reply: FastifyReply, options: EventsOptions): EventStreamBody | undefined {
  const { handle, after, framing = sseFrames, viewing, viewers, departures } = options
  reply.header('stream-id', handle.record.streamId)
  reply.header('access-control-expose-headers', exposing(reply.getHeader('access-control-expose-headers')))
  reply.header('cache-control', 'no-cache, no-transform')
  // What a native EventSource stops for, and does not take for a failure (WHATWG HTML §9.2.3).
  if (handle.ended && after === handle.last) {
    reply.code(204)
    return undefined
  }

  reply.header('content-type', 'text/event-stream; charset=utf-8')
  // nginx buffers a proxied answer unless it is told not to.
  reply.header('x-accel-buffering', 'no')
  outliveHandlerTimeout(reply)
  const { raw: response, log } = reply
  return new EventStreamBody({ handle, after, framing, viewing, viewers, departures, response, log })
}

/**
 * Fastify's `handlerTimeout` is for the way to an answer, and this one has begun by then: over HTTP/2 it would cut it.
 * Not before all hooks have run, or none of them could answer with an error any more.
 */
function outliveHandlerTimeout(reply: FastifyReply): void {
  if (reply.request.routeOptions.handlerTimeout > 0) reply.raw.once('pipe', () => reply.hijack())
}

/** A page on another origin sees only the headers that are named; what a CORS plugin has named stays. */
function exposing(already: number | string | string[] | undefined): string {
  const names = already === undefined ? [] : [already].flat()
  return [...names, ...EXPOSED].join(', ')
}
