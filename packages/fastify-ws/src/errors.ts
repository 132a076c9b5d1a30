import createError from '@fastify/error'
import type { StreamingError } from '@sluice/core'

/** Thrown at start where the plugin is given something that it cannot work with. */
export const FST_ERR_SLUICE_OPTION = createError('FST_ERR_SLUICE_OPTION', 'Sluice: %s', 500, TypeError)

/**
 * What Fastify's error handlers, hooks and log see where a request is refused before it becomes a socket. `code` is
 * `FST_ERR_SLUICE_` and the error type in capitals.
 */
export function toHttpError(error: StreamingError): Error {
  const HttpError = createError(`FST_ERR_SLUICE_${error.type.toUpperCase()}`, '%s', error.status)
  return Object.assign(new HttpError(error.message), error.toWire())
}
