import type { StreamingError } from '@sluice/client'

/** An error, in words for people. */
export interface Failure {
  readonly title: string
  readonly detail: string
}

/** As much of an error as is known, of the session's or of the server's. */
export type FailureCause = Pick<StreamingError, 'type' | 'message' | 'retryAfterMs' | 'cause'>

/** The title of each error and the advice about it; if there is no advice, the server's own message follows. */
const WORDS: Partial<Record<StreamingError['type'], readonly [title: string, advice?: string]>> = {
  authentication: [
    'The model provider refused the server’s key',
    'Check OPENAI_API_KEY in the server’s environment.',
  ],
  api_error: ['The model provider failed', 'It often works again a moment later.'],
  capacity: ['The server is busy', 'It answers as many questions as it can. Yours was not asked yet.'],
  chunk_timeout: ['The model fell silent', 'The text so far is kept. Ask it again.'],
  connection_lost: ['The connection was lost'],
  content_filter: ['The model provider withheld this answer'],
  context_length_exceeded: ['The conversation is too long for the model', 'Begin a new chat.'],
  first_chunk_timeout: ['The model did not answer in time', 'It often works again a moment later.'],
  invalid_request: ['The question was refused'],
  not_found: ['The server does not have this answer, or this model'],
  permission_denied: ['The model provider refused the request'],
  producer_lost: [
    'The server process that wrote this answer is gone',
    'Nothing of it is left. Retry asks for it again.',
  ],
  quota_exceeded: ['The quota for answers is used up'],
  rate_limit: ['Too many requests', 'The model provider asks for a pause.'],
  resume_expired: ['The server no longer has this answer'],
  server_overloaded: ['The model provider is overloaded', 'It often works again a moment later.'],
  shutting_down: ['The server was shut down', 'The text so far is kept.'],
}

/** The server says that it lost a connection: that was the one to the provider. */
const PROVIDER_LOST = [
  'The model provider broke off',
  'It was not your connection. Retry asks for it again.',
] as const

/** The page has more than the server then. */
const LEFT_HERE =
  'The text above is what had arrived on this page, and is kept here only. The rest is lost. Retry asks for a whole answer.'

/**
 * A failure in words that one can read without knowing how it was noticed.
 * @param hasText Whether something of the answer is shown.
 */
export function failureWords(
  { type, message, retryAfterMs, cause }: FailureCause,
  hasText: boolean,
): Failure {
  // What this page has noticed itself has a cause.
  const isProviders = type === 'connection_lost' && cause === undefined
  const [title, usual = message] = isProviders ? PROVIDER_LOST : (WORDS[type] ?? ['The answer broke off'])
  const advice = type === 'producer_lost' && hasText ? LEFT_HERE : usual
  const wait =
    retryAfterMs === undefined || retryAfterMs <= 0
      ? ''
      : ` Try again in ${Math.ceil(retryAfterMs / 1000)} s.`
  return { title, detail: advice + wait }
}
