import { ERROR_TYPES, type ErrorType, type InputIssue, StreamingError } from '@sluice/core'
import type { FastifyError, FastifyInstance } from 'fastify'
import type { z } from 'zod'
import type { ApiError } from '../../shared/api.ts'

/** Errors of these routes, in the form that those of the streams have. */
export function answerWithErrors(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError | StreamingError>((error, request, reply) => {
    const known = error instanceof StreamingError ? error : fromStatus(error)
    if (known.status >= 500 && known.type === 'unexpected_error') request.log.error(error)
    if (known.retryAfterMs !== undefined) reply.header('retry-after', Math.ceil(known.retryAfterMs / 1000))
    const { issues, ...fields } = known.toWire()
    const body: ApiError = {
      statusCode: known.status,
      ...fields,
      ...(issues === undefined
        ? {}
        : { issues: issues.map(({ path, message }) => ({ path: [...path], message })) }),
    }
    return reply.code(known.status).send(body)
  })
  app.setNotFoundHandler(() => {
    throw new StreamingError('not_found', 'There is nothing at this address.')
  })
}

/**
 * The checked request.
 * @throws {StreamingError} `invalid_request` with what is wrong, place by place.
 */
export function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issues: InputIssue[] = result.error.issues.map(({ path, message }) => ({
    path: path.filter((key) => typeof key !== 'symbol'),
    message,
  }))
  const said = issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  )
  throw new StreamingError('invalid_request', said.join('; '), { issues })
}

/** The error for a request that Fastify itself refuses: its body is too large, or no JSON. */
function fromStatus(error: FastifyError): StreamingError {
  const { statusCode = 500, message } = error
  if (statusCode >= 500) return new StreamingError('unexpected_error', undefined, { cause: error })
  const type = (Object.keys(ERROR_TYPES) as ErrorType[]).find(
    (name) => ERROR_TYPES[name].status === statusCode,
  )
  return new StreamingError(type ?? 'invalid_request', message, { status: statusCode })
}
