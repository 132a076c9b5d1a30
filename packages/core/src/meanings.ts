import type { ErrorType } from './errors.ts'

const MEANINGS: Readonly<Record<ErrorType, string>> = {
  invalid_request: 'The request is not valid, or its input is not what the stream takes.',
  authentication: 'You are not signed in, or your sign-in is no longer valid.',
  permission_denied: 'You are not allowed to do this.',
  not_found: 'There is no such stream, or it is not yours.',
  resume_expired: 'The server no longer has the part that you missed: read the stream from its beginning.',
  conflict: 'This start was cancelled, or its key was used with another input.',
  rate_limit: 'There were too many requests: try again later.',
  quota_exceeded: 'The quota is used up; waiting does not help.',
  context_length_exceeded: 'The input is longer than the model takes.',
  content_filter: 'The provider withheld the answer.',
  api_error: 'The provider failed.',
  server_overloaded: 'The provider is overloaded.',
  capacity: 'The server is busy and cannot take another stream or viewer now.',
  shutting_down: 'The server is shutting down.',
  first_chunk_timeout: 'The provider sent nothing in time.',
  chunk_timeout: 'The provider stopped sending in the middle of the answer.',
  connection_lost: 'The connection to the server, or from the server to the provider, was lost.',
  connection_closed: 'The connection was closed on purpose before the answer was whole.',
  flow_control_timeout: 'The client read nothing for too long.',
  log_full: 'The server cannot keep more of the answer, and no client reads it.',
  producer_lost: 'The server process that wrote the answer ended unexpectedly.',
  protocol_error: 'The client or the server sent what the protocol does not allow.',
  unexpected_error: 'The server failed for a reason that its log has.',
}

/** The meaning of a type of error, in a sentence that is safe to show. Browsers have it shorter: `meanings.browser.ts`. */
export function meaningOf(type: ErrorType): string {
  return MEANINGS[type]
}
