import { StreamingError } from '@sluice/core'
import type { StreamHandle } from '@sluice/core/server'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { fault } from '../errors.ts'
import { responseIdOf } from '../ids.ts'
import { parseResponse } from '../request/responses.ts'
import type { ResponseObject } from '../responses/items.ts'
import { responses } from '../responses/wire.ts'
import { checkEnd, readAnswer, responseOf } from '../whole-answer.ts'
import { isAsked, startingAfter, stopByKey, stopByLocation } from './common.ts'
import type { Route } from './route.ts'
import type { Streams } from './streams.ts'

/** How long a cancel waits for the end of the answer, in milliseconds. Another instance may have to end it. */
const CANCEL_WAIT_MS = 5_000

const PATH = '/responses'

/** The routes of Responses. */
export function responseRoutes(streams: Streams): readonly Route[] {
  const { server } = streams
  const { clock } = server.options.hub

  async function create(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const parsed = parseResponse(request.body)
    const handle = await streams.start(request, parsed)
    if (parsed.isStream) {
      reply.header('location', streams.locationOf(request, PATH, responseIdOf(handle.record.streamId)))
      return server.send(reply, handle, { wire: responses, cursor: server.lastEventId(request) })
    }
    return parsed.isBackground ? soFar(reply, handle) : toTheEnd(reply, handle)
  }

  async function retrieve(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const handle = await streams.find(request)
    if (!isAsked(request, 'stream')) return soFar(reply, handle)
    const after = startingAfter(request)
    const wire = responses
    if (after === undefined) return server.send(reply, handle, { wire, cursor: server.lastEventId(request) })
    try {
      // A client that names its place takes a 204 for an error.
      const options = { cursor: after, cursorName: 'starting_after', ifNothingLeft: 200 } as const
      return await server.send(reply, handle, { wire, ...options })
    } catch (error) {
      throw error instanceof StreamingError && error.type === 'resume_expired'
        ? fault({ type: error.type, message: error.message, param: 'starting_after', cause: error })
        : error
    }
  }

  async function cancel(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const handle = await streams.find(request)
    await streams.cancel(request, handle)
    const waiting = new AbortController()
    const alarm = clock.alarm(() => waiting.abort())
    alarm.setIn(CANCEL_WAIT_MS)
    const { signal } = waiting
    try {
      return responseOf(handle.record, await readAnswer(handle.read({ signal })))
    } catch (error) {
      if (!signal.aborted) throw error
      return await soFar(reply, handle)
    } finally {
      alarm.clear()
    }
  }

  async function toTheEnd(reply: FastifyReply, handle: StreamHandle): Promise<ResponseObject> {
    const events = await readAnswer(server.read(reply, handle))
    checkEnd(events)
    return responseOf(handle.record, events)
  }

  /** The response as far as it is in the log. */
  async function soFar(reply: FastifyReply, handle: StreamHandle): Promise<ResponseObject> {
    const events = handle.last === 0 ? [] : await readAnswer(server.read(reply, handle), handle.last)
    return responseOf(handle.record, events)
  }

  return [
    { method: 'POST', url: PATH, handler: create },
    { method: 'GET', url: `${PATH}/:id`, handler: retrieve },
    { method: 'POST', url: `${PATH}/:id/cancel`, handler: cancel },
    { method: 'DELETE', url: PATH, handler: stopByKey(streams) },
    { method: 'DELETE', url: `${PATH}/:id`, handler: stopByLocation(streams) },
  ]
}
