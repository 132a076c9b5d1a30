import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { ApiError } from '../api/api-error.ts'
import { parseBody } from '../api/parse-body.ts'
import { deliver } from '../delivery/deliver.ts'
import { enter } from '../delivery/enter.ts'
import { recordOf } from '../recording/recording.ts'
import type { ResponseRoutesOptions } from './response-route.ts'
import type { StoredResponse } from './stored-response.ts'

const retrieveQuery = z.object({
  stream: z.stringbool().optional(),
  starting_after: z.coerce.number().int().nonnegative().optional(),
})

interface ById {
  readonly Params: { readonly id: string }
}

/**
 * Adds what one can do with a response that was made: ask for it, resume its stream (`?stream=true&starting_after=n`),
 * cancel and delete it. A resumed stream may have its own fault, by the header `x-model-fault`.
 */
export function addStoredResponseRoutes(app: FastifyInstance, options: ResponseRoutesOptions): void {
  const { stage, stored, closing } = options
  const find = (id: string): StoredResponse => {
    const found = stored.get(id)
    if (found === undefined)
      throw new ApiError({ status: 404, message: `Response with id '${id}' not found.` })
    return found
  }

  app.get<ById>('/v1/responses/:id', async (request, reply) => {
    const query = parseBody(retrieveQuery, request.query)
    const response = find(request.params.id)
    const record = recordOf(request)
    const fault = stage.faultOf(record, request.headers)
    if (!query.stream) return response.response
    if (!response.followable) throw notFollowable()

    const connection = await enter(request, reply, fault, closing)
    if (connection === undefined) return
    const batches = response.follow(query.starting_after ?? -1, connection.signal)
    return deliver({ batches, connection, record, fault, malformed: () => response.malformed() })
  })

  app.post<ById>('/v1/responses/:id/cancel', async (request) => {
    const response = find(request.params.id)
    if (!response.response.background) {
      throw new ApiError({ status: 400, message: 'Cannot cancel a synchronous response.' })
    }
    response.cancel()
    return response.response
  })

  app.delete<ById>('/v1/responses/:id', async (request) => {
    const response = find(request.params.id)
    response.cancel()
    stored.delete(request.params.id)
    return { id: request.params.id, object: 'response', deleted: true }
  })
}

function notFollowable(): ApiError {
  return new ApiError({
    status: 400,
    message:
      'This response cannot be streamed because it was not created with background=true and stream=true.',
    param: 'stream',
  })
}
