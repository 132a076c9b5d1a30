import type { StreamHandle } from '@sluice/core/server'
import type { FastifyReply } from 'fastify'
import { EventStreamBody, outliveHandlerTimeout } from './body.ts'
import { type SseFraming, sseFrames } from './framing.ts'
import type { Serving } from './sink.ts'

const EXPOSED = ['Stream-Id', 'Location', 'Retry-After']

/** The stream and the cursor of a viewer, and how it is served. */
export interface EventsOptions {
  readonly handle: StreamHandle
  readonly after: number
  readonly framing?: SseFraming
  readonly serving: Serving
}

/**
 * The body of an answer with the events of a stream after a cursor; 204 and no body if there will never be any. A handler
 * returns it: if it returned the reply, Fastify would wait for the end of the response, at 1 kB for each.
 */
export function eventsAnswer(reply: FastifyReply, options: EventsOptions): EventStreamBody | undefined {
  const { handle, after, framing = sseFrames, serving } = options
  reply.header('stream-id', handle.record.streamId)
  reply.header('access-control-expose-headers', exposing(reply.getHeader('access-control-expose-headers')))
  reply.header('cache-control', 'no-cache, no-transform')
  // A native EventSource stops at a 204 and does not report a failure (WHATWG HTML §9.2.3).
  if (handle.ended && after === handle.last) {
    reply.code(204)
    return undefined
  }

  reply.header('content-type', 'text/event-stream; charset=utf-8')
  // nginx buffers a proxied answer unless this field says otherwise.
  reply.header('x-accel-buffering', 'no')
  outliveHandlerTimeout(reply)
  const { raw: response, log } = reply
  return new EventStreamBody({ handle, after, framing, serving, response, log })
}

/** A page on another origin sees only the header fields that are named. Those that a CORS plugin has named stay. */
function exposing(already: number | string | string[] | undefined): string {
  const names = already === undefined ? [] : [already].flat()
  return [...names, ...EXPOSED].join(', ')
}
