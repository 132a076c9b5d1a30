import { StreamingError } from '../errors.ts'
import { httpError } from '../http-error/http-error.ts'
import { malformedChunk } from '../provider/malformed-chunk.ts'

/**
 * The {@link StreamingError} for what the `@google/genai` client threw. If it cannot read something, it throws a plain `Error`
 * that has the chunk in its message.
 *
 * @param number - the place in the answer of the chunk that was being read
 */
export function geminiError(thrown: unknown, number: number): StreamingError {
  const message = thrown instanceof Error ? thrown.message : ''
  if (message.startsWith('Incomplete JSON segment')) {
    return new StreamingError('connection_lost', 'The provider’s answer broke off.', { cause: thrown })
  }
  const [, chunk] = /^exception parsing stream chunk (.*)$/s.exec(message) ?? []
  return chunk === undefined ? httpError(thrown) : malformedChunk(number, 'is not JSON', chunk)
}
