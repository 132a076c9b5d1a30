import { type ErrorType, StreamingError, toStreamingError } from '../errors.ts'
import { connectionFailure } from './connection-failure.ts'
import { typeOfName, typeOfPhrase, typeOfStatus } from './error-names.ts'
import { type ProviderAnswer, readProviderAnswer } from './provider-answer.ts'
import { durationMs, retryAfterOfHeaders, retryAfterOfMessage } from './retry-after.ts'

/** Messages that a client may read. The provider's own can name keys, organisations and prompts. */
const MESSAGES: Partial<Record<ErrorType, string>> = {
  authentication: 'The provider refused our key.',
  permission_denied: 'The provider does not let us do this.',
  not_found: 'The provider does not have what we asked for.',
  invalid_request: 'The provider refused the request.',
  rate_limit: 'The provider has too many requests from us.',
  quota_exceeded: 'Our quota at the provider is used up.',
  connection_lost: 'The connection to the provider broke off.',
}

const SETUP_MESSAGE =
  'The request to the provider cannot be made: its key, address or certificate is set up wrongly on this server. The server’s log says how.'

/** A wait beyond this is no number that a timer or JSON could hold: some thousand years. */
const MAX_RETRY_AFTER_MS = 2 ** 46

/**
 * The {@link StreamingError} for what a provider's client, or `fetch`, threw; the original is its `cause`. For a source
 * of your own:
 *
 * ```ts
 * run: async function* ({ input, signal }) {
 *   try {
 *     yield* askMyProvider(input, signal)
 *   } catch (error) {
 *     throw httpError(error)
 *   }
 * }
 * ```
 *
 * An error is recognised by what it carries (`status`, `code`, `type`, `error`, `headers`, `cause`), never by its class:
 * an application may have two copies of a client, or a CommonJS one. Error objects out of a stream are taken too. In
 * this order:
 *
 * 1. A `StreamingError`, of any copy of Sluice, stays itself.
 * 2. By the code that the provider gives, if it is known; by HTTP status, also if the code is a number; by the
 *    provider's type; by known phrases ("maximum context length"). Every other error of a provider is an `api_error`.
 * 3. Without an answer: `connection_closed` if the request was aborted, `first_chunk_timeout` or `chunk_timeout` if it
 *    took too long, `connection_lost` if the network failed (`ECONNRESET`, `UND_ERR_SOCKET`, `terminated`, …).
 * 4. A mistake in the set-up (a key with a line break, a URL that is none, a certificate that is not trusted) is an
 *    `unexpected_error` that says so, and is not retried. So is a defect, such as any other `TypeError`.
 *
 * `retryAfterMs` is from `retry-after-ms`, `Retry-After` (seconds or a date, RFC 9110 §10.2.3), Google's `RetryInfo`,
 * or the message of a rate limit; `x-should-retry` decides on `recoverable`. Nothing of what the provider wrote is in the
 * message.
 */
export function httpError(thrown: unknown): StreamingError {
  if (thrown instanceof StreamingError) return thrown
  const answer = readProviderAnswer(thrown)
  if (answer?.isOfRequest) return fromAnswer(answer, thrown)
  const failure = connectionFailure(thrown)
  if (failure === 'setup') return new StreamingError('unexpected_error', SETUP_MESSAGE, { cause: thrown })
  if (failure !== undefined) return new StreamingError(failure, MESSAGES[failure], { cause: thrown })
  if (answer !== undefined) return fromAnswer(answer, thrown)
  // Half a JSON text is the provider's.
  if (isNamed(thrown, 'SyntaxError')) return new StreamingError('api_error', undefined, { cause: thrown })
  return toStreamingError(thrown)
}

function fromAnswer(answer: ProviderAnswer, cause: unknown): StreamingError {
  const type = typeOf(answer)
  const retryAfterMs = retryAfter(answer, type)
  const shouldRetry = answer.header('x-should-retry')
  return new StreamingError(type, MESSAGES[type], {
    cause,
    ...(shouldRetry === 'true' ? { recoverable: true } : {}),
    ...(shouldRetry === 'false' ? { recoverable: false } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs: Math.min(retryAfterMs, MAX_RETRY_AFTER_MS) }),
  })
}

function typeOf({ status, names, types, message }: ProviderAnswer): ErrorType {
  const type = firstKnown(names) ?? byStatusOrType(status, types) ?? 'api_error'
  // These say little. A message that says more is taken at its word.
  return (type === 'invalid_request' || type === 'api_error' ? typeOfPhrase(message) : undefined) ?? type
}

function byStatusOrType(status: number | undefined, types: readonly string[]): ErrorType | undefined {
  const named = firstKnown(types)
  // Some say it as the type only: it comes as a rate limit's status, but no waiting mends it.
  return named === 'quota_exceeded' ? named : (typeOfStatus(status) ?? named)
}

function firstKnown(names: readonly string[]): ErrorType | undefined {
  for (const name of names) {
    const type = typeOfName(name)
    if (type !== undefined) return type
  }
  return undefined
}

function retryAfter(answer: ProviderAnswer, type: ErrorType): number | undefined {
  const ofHeaders = retryAfterOfHeaders(answer.header, Date.now())
  if (ofHeaders !== undefined) return ofHeaders
  const ofBody = answer.retryDelay === undefined ? undefined : durationMs(answer.retryDelay)
  if (ofBody !== undefined) return ofBody
  return type === 'rate_limit' && !answer.isOfRequest ? retryAfterOfMessage(answer.message ?? '') : undefined
}

function isNamed(thrown: unknown, name: string): boolean {
  return typeof thrown === 'object' && thrown !== null && (thrown as { name?: unknown }).name === name
}
