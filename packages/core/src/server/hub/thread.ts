import { StreamingError } from '../../errors.ts'

/** The form of a thread id: it fits into a header field (RFC 9110 §5.5) and, percent-encoded, into a URL. */
export const THREAD_ID = /^[\x21-\x7e]{1,128}$/

/** {@link THREAD_ID} in words, to complete the sentence "the thread has to be …". */
export const THREAD_ID_RULE = '1 to 128 printable ASCII characters without spaces'

/**
 * Checks the id of a thread.
 * @param field - The name that the field has for the client, for the message.
 * @throws {StreamingError} `invalid_request`, with the field as the path of its issue
 */
export function checkThread(thread: unknown, field = 'thread'): asserts thread is string {
  if (typeof thread === 'string' && THREAD_ID.test(thread)) return
  const message = `Has to be ${THREAD_ID_RULE}`
  throw new StreamingError('invalid_request', `${field}: has to be ${THREAD_ID_RULE}.`, {
    issues: [{ path: [field], message }],
  })
}
