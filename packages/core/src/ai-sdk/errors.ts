import { type ErrorType, StreamingError } from '../errors.ts'
import { httpError } from '../http-error/http-error.ts'

/** The AI SDK's own errors (https://ai-sdk.dev/docs/reference/ai-sdk-errors) that are none of a request, by their names. */
const BY_NAME: Readonly<Record<string, ErrorType>> = {
  AI_EmptyResponseBodyError: 'connection_lost',
  AI_InvalidArgumentError: 'invalid_request',
  AI_InvalidMessageRoleError: 'invalid_request',
  AI_InvalidPromptError: 'invalid_request',
  AI_InvalidResponseDataError: 'api_error',
  AI_JSONParseError: 'api_error',
  AI_LoadAPIKeyError: 'authentication',
  AI_MessageConversionError: 'invalid_request',
  AI_NoOutputGeneratedError: 'api_error',
  AI_NoSuchModelError: 'not_found',
  AI_TypeValidationError: 'api_error',
  AI_UnsupportedFunctionalityError: 'invalid_request',
}

/** The {@link StreamingError} for what the AI SDK threw, or put into its stream. */
export function sdkError(thrown: unknown): StreamingError {
  if (!(thrown instanceof Error) || thrown instanceof StreamingError) return httpError(thrown)
  const { name, message, cause } = thrown
  const statusCode = 'statusCode' in thrown ? thrown.statusCode : undefined
  // A connection that broke in the middle of an answer is told as a failed call with the status of the answer, 200.
  if (typeof statusCode === 'number' && statusCode < 400 && cause !== undefined) return httpError(cause)
  if (/ended without a finish reason/i.test(message)) {
    return new StreamingError('connection_lost', 'The provider’s answer broke off.', { cause: thrown })
  }
  const type = Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined
  return type === undefined ? httpError(thrown) : new StreamingError(type, undefined, { cause: thrown })
}
