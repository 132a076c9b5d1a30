import type { FastifyRequest } from 'fastify'
import { fault } from '../errors.ts'
import type { Handler } from './route.ts'
import type { Streams } from './streams.ts'

/** Whether a parameter of the URL is true. @throws {StreamingError} 400 if it is neither true nor false */
export function isAsked(request: FastifyRequest, name: string): boolean {
  const value = queryOf(request)[name]
  if (value === undefined || value === 'false') return false
  if (value === 'true') return true
  throw fault({
    message: `Invalid value for '${name}': it has to be true or false.`,
    param: name,
    code: 'invalid_value',
  })
}

/** The cursor of a response: `starting_after`, or `Last-Event-ID`. Both are the `sequence_number` of the last event. */
export function startingAfter(request: FastifyRequest): string | undefined {
  const value = queryOf(request).starting_after
  if (value === undefined) return undefined
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return value
  const message = "Invalid type for 'starting_after': expected an integer."
  throw fault({ message, param: 'starting_after', code: 'invalid_type' })
}

/**
 * Stops the answer that a `Location` leads to. Without `?stream=true`, which each `Location` has, it is OpenAI's own request
 * to delete a stored answer: that is the application's to do (`hub.purge`).
 */
export function stopByLocation(streams: Streams): Handler {
  return async (request, reply) => {
    const handle = await streams.find(request)
    if (!isAsked(request, 'stream')) {
      const message =
        'Answers are not deleted here. To stop this one, send DELETE to its Location, or cancel it.'
      throw fault({ message, code: 'method_not_supported', status: 405 })
    }
    await streams.cancel(request, handle)
    return reply.code(204).send()
  }
}

/** Stops the answer that was started with this `Idempotency-Key`. */
export function stopByKey(streams: Streams): Handler {
  return async (request, reply) => {
    await streams.cancelByKey(request)
    return reply.code(204).send()
  }
}

function queryOf(request: FastifyRequest): Readonly<Record<string, unknown>> {
  return request.query as Readonly<Record<string, unknown>>
}
