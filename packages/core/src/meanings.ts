import type { ErrorType } from './errors.ts'

const MEANINGS: Readonly<Record<ErrorType, string>> = {
  invalid_request: 'The input is not what the stream takes.',
  authentication: 'Nobody is signed in, or the provider refused the key.',
  permission_denied: 'Signed in, but not allowed.',
  not_found: 'No such stream, or not yours.',
  resume_expired: 'The log does not reach the cursor: read from 0.',
  conflict: 'The idempotency key is taken, or cancelled.',
  rate_limit: 'Too many requests; waiting helps.',
  quota_exceeded: 'The quota is used up; waiting does not help.',
  context_length_exceeded: 'The input is longer than the model takes.',
  content_filter: 'The provider withheld the answer.',
  api_error: 'The provider failed.',
  server_overloaded: 'The provider is overloaded.',
  capacity: 'This server has no room for another stream or viewer.',
  shutting_down: 'This server is shutting down.',
  first_chunk_timeout: 'The provider sent nothing in time.',
  chunk_timeout: 'The provider fell silent in the middle.',
  connection_lost: 'A connection broke off.',
  connection_closed: 'A connection was closed on purpose before the end.',
  flow_control_timeout: 'A viewer took nothing for too long.',
  log_full: 'The log is at its bound and nobody reads it.',
  producer_lost: 'The server that ran the stream died.',
  protocol_error: 'A peer broke the protocol.',
  unexpected_error: 'Something that has no name; the server’s log has it.',
}

/** The meaning of a type of error, in a sentence that is safe to show. Browsers have it shorter: `meanings.browser.ts`. */
export function meaningOf(type: ErrorType): string {
  return MEANINGS[type]
}
