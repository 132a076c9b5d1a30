import type { ErrorType, StreamingError } from '../errors.ts'
import { httpError } from '../http-error/http-error.ts'
import { readProviderAnswer } from '../http-error/provider-answer.ts'

/** The {@link StreamingError} for what the `openai` client threw: {@link httpError} knows its errors. */
export const openaiError: (thrown: unknown) => StreamingError = httpError

/** Failures that may pass with a new request. An error that the provider sent in the middle of the answer stays. */
const PASSING: ReadonlySet<ErrorType> = new Set<ErrorType>([
  'api_error',
  'connection_lost',
  'first_chunk_timeout',
  'rate_limit',
  'server_overloaded',
])

/** Whether an error is one of the connection, or of the moment: the same request may succeed. */
export function mayPass({ type, recoverable, cause }: StreamingError): boolean {
  const answer = readProviderAnswer(cause)
  return recoverable && PASSING.has(type) && (answer === undefined || answer.isOfRequest)
}
