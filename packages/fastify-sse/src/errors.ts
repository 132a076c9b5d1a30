/** Thrown if the first argument of `reply.stream` is not a function. */
export class InvalidThunkError extends TypeError {
  override readonly name = 'FastifyError'
  readonly code = 'FST_ERR_SLUICE_THUNK'
  readonly statusCode = 500

  constructor(given: unknown) {
    super(`reply.stream takes a function that returns an async iterable, and got ${typeof given}.`)
  }
}
