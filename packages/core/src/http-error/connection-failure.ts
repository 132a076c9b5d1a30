import type { ErrorType } from '../errors.ts'

/** Node's and undici's codes of a network that failed: https://nodejs.org/api/errors.html#common-system-errors. */
const NETWORK_CODES: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETRESET',
  'ENETUNREACH',
  'ENOTCONN',
  'ENOTFOUND',
  'EPIPE',
  'ERR_HTTP2_GOAWAY_SESSION',
  'ERR_HTTP2_SESSION_ERROR',
  'ERR_HTTP2_STREAM_ERROR',
  'ERR_SOCKET_CONNECTION_TIMEOUT',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ETIMEDOUT',
  'UND_ERR_CLOSED',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_DESTROYED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_SOCKET',
])

/** Codes of a request that cannot be made, or of a server that is not trusted: to ask again gives the same. */
const SETUP_CODES: ReadonlySet<string> = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_INVALID_ARG_TYPE',
  'ERR_INVALID_ARG_VALUE',
  'ERR_INVALID_CHAR',
  'ERR_INVALID_HTTP_TOKEN',
  'ERR_INVALID_PROTOCOL',
  'ERR_INVALID_URL',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UND_ERR_INVALID_ARG',
])

/** `fetch` gives these no code: https://fetch.spec.whatwg.org. */
const SETUP_MESSAGE =
  /invalid header (?:name|value)|cannot convert argument to a bytestring|failed to parse url|^invalid url$|^bad port$|^unknown scheme$|includes credentials/i

/** `fetch` says `terminated` if the connection breaks in the middle of a body; `node-fetch` says the others. */
const NETWORK_MESSAGE = /^terminated$|^fetch failed$|premature close|socket hang up/i

/** Of the provider's clients that give their errors no name of their own (`openai`, `@anthropic-ai/sdk`). */
const CLIENT_SAYS: Readonly<Record<string, 'aborted' | 'timeout' | 'connection'>> = {
  AbortError: 'aborted',
  APIConnectionError: 'connection',
  APIConnectionTimeoutError: 'timeout',
  APIUserAbortError: 'aborted',
  'Connection error.': 'connection',
  'Request timed out.': 'timeout',
  'Request was aborted.': 'aborted',
  TimeoutError: 'timeout',
}

/** More causes in a row than any client makes; a chain may be a circle. */
const MAX_CAUSES = 8

/** The kind of a failure without an answer of the provider: an error type, or a mistake in the set-up. */
export type ConnectionFailure =
  | Extract<ErrorType, 'connection_lost' | 'connection_closed' | 'first_chunk_timeout' | 'chunk_timeout'>
  | 'setup'

/**
 * The kind of a failure before the provider answered, or while it did, as the errors of `fetch`, Node and the providers'
 * clients carry it. Their classes are not looked at: an application may have two copies of a client. `undefined`: it
 * is no failure of a connection, which a `TypeError` by itself is not.
 */
export function connectionFailure(thrown: unknown): ConnectionFailure | undefined {
  let guess: ConnectionFailure | undefined
  for (const error of causes(thrown)) {
    const code = typeof error.code === 'string' ? error.code : ''
    const message = typeof error.message === 'string' ? error.message : ''
    const said = CLIENT_SAYS[nameOf(error)] ?? CLIENT_SAYS[message]
    if (said === 'aborted') return 'connection_closed'
    if (said === 'timeout' || code === 'UND_ERR_HEADERS_TIMEOUT') return 'first_chunk_timeout'
    if (code === 'UND_ERR_BODY_TIMEOUT') return 'chunk_timeout'
    if (SETUP_CODES.has(code) || SETUP_MESSAGE.test(message)) return 'setup'
    if (NETWORK_CODES.has(code) || code.startsWith('HPE_')) return 'connection_lost'
    // Why the connection failed may stand further down, and may be that it cannot be made.
    if (said === 'connection' || NETWORK_MESSAGE.test(message)) guess = 'connection_lost'
  }
  return guess
}

/** The name of an error's class if its `name` is not set. */
function nameOf(error: ErrorLike): string {
  const { name } = error
  if (typeof name === 'string' && name !== 'Error' && name !== '') return name
  return typeof error.constructor === 'function' ? error.constructor.name : ''
}

interface ErrorLike {
  readonly name?: unknown
  readonly code?: unknown
  readonly message?: unknown
  readonly cause?: unknown
  readonly errors?: unknown
}

/** An error, and what it says was its cause: of an `AggregateError`, which Node makes of several addresses, the last. */
function* causes(thrown: unknown): Generator<ErrorLike> {
  let error = thrown
  for (let depth = 0; depth < MAX_CAUSES && typeof error === 'object' && error !== null; depth++) {
    const like: ErrorLike = error
    yield like
    error = like.cause ?? (Array.isArray(like.errors) ? like.errors.at(-1) : undefined)
  }
}
