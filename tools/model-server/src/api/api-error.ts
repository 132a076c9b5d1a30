/** Options of an `ApiError`. */
export interface ApiErrorOptions {
  /** HTTP status. */
  readonly status: number
  /** The error, in words for people. */
  readonly message: string
  /**
   * OpenAI's family of errors.
   * @default 'invalid_request_error'
   */
  readonly type?: string
  /**
   * Which parameter is at fault.
   * @default null
   */
  readonly param?: string | null
  /**
   * The code of the error, for programs.
   * @default null
   */
  readonly code?: string | null
  /**
   * Response headers that go with it, `retry-after` for instance.
   * @default {}
   */
  readonly headers?: Readonly<Record<string, string>>
}

/** The body of every error that OpenAI's API sends. */
export interface ApiErrorBody {
  /** The one field there is. */
  readonly error: {
    /** The error, in words for people. */
    readonly message: string
    /** OpenAI's family of errors. */
    readonly type: string
    /** Which parameter is at fault. */
    readonly param: string | null
    /** The code of the error, for programs. */
    readonly code: string | null
  }
}

/** An error that reaches the client in OpenAI's shape. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** HTTP status. */
  readonly status: number
  /** OpenAI's family of errors. */
  readonly type: string
  /** Which parameter is at fault. */
  readonly param: string | null
  /** The code of the error, for programs. */
  readonly code: string | null
  /** Response headers that go with it. */
  readonly headers: Readonly<Record<string, string>>

  /** @param options - status, message and OpenAI's fields */
  constructor(options: ApiErrorOptions) {
    super(options.message)
    this.status = options.status
    this.type = options.type ?? 'invalid_request_error'
    this.param = options.param ?? null
    this.code = options.code ?? null
    this.headers = options.headers ?? {}
  }

  /** The body that goes over the wire. */
  toJSON(): ApiErrorBody {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.code } }
  }
}

/** A request to `/_requests` and its siblings does not bring the token of this server. */
export function incorrectToken(): ApiError {
  return new ApiError({
    status: 401,
    message:
      'This address needs the inspection token of the model server: send it as “Authorization: Bearer …”. ' +
      '`server.inspectionToken` has it, and the command prints it; --inspection-token sets it.',
    code: 'invalid_inspection_token',
    headers: { 'www-authenticate': 'Bearer' },
  })
}

/** No key was sent. */
export function missingKey(): ApiError {
  return new ApiError({
    status: 401,
    message:
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer " +
      'auth (i.e. Authorization: Bearer YOUR_KEY).',
  })
}

/** The key that was sent is not known. */
export function incorrectKey(key: string): ApiError {
  const shown = key.length > 8 ? `${key.slice(0, 4)}${'*'.repeat(key.length - 8)}${key.slice(-4)}` : key
  return new ApiError({
    status: 401,
    message: `Incorrect API key provided: ${shown}. You can find your API key at https://platform.openai.com/account/api-keys.`,
    code: 'invalid_api_key',
  })
}

/** There is no such model. */
export function modelNotFound(model: string): ApiError {
  return new ApiError({
    status: 404,
    message: `The model \`${model}\` does not exist or you do not have access to it.`,
    code: 'model_not_found',
  })
}

/** The server failed; the same words as OpenAI's. */
export function serverError(): ApiError {
  return new ApiError({
    status: 500,
    message:
      'The server had an error processing your request. Sorry about that! You can retry your request, or contact ' +
      'us through our help center at help.openai.com if you keep seeing this error.',
    type: 'server_error',
  })
}
