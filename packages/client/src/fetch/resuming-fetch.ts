import { Call } from './call.ts'
import type { ResumingFetchOptions } from './options.ts'

/** A `fetch`, as clients take one. */
export type ResumingFetch = (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>

/**
 * A `fetch` for clients that know nothing of resuming: `useChat`, `openai`, LangChain, AG-UI's `HttpAgent`,
 * fetch-event-source. The client gets one answer, whatever the network does.
 *
 * - An event stream with a `Location` that breaks off goes on with a GET of it, with the last `id` as `Last-Event-ID`. Only
 *   whole blocks are handed on, so nothing comes twice and nothing is missing. The body ends if the answer is complete, and
 *   not if a connection is.
 * - A POST that gets no answer is sent again with the same `Idempotency-Key`, which the server answers with the same stream.
 * - An abort is a DELETE of the `Location`: Stop reaches the provider.
 *
 * It is for servers of Sluice: others may not know the key, and would do a repeated POST twice. Answers that are no event
 * stream are returned as they are.
 *
 * The promise rejects, and the body errors, with a `StreamingError` if the time for retries is over (`connection_lost`) or
 * if the server refuses to resume (`resume_expired`, `not_found`, …).
 *
 * @example
 * useChat({ transport: new DefaultChatTransport({ fetch: resumingFetch() }), resume: true })
 */
export function resumingFetch(options: ResumingFetchOptions = {}): ResumingFetch {
  const settings = {
    headers: {},
    retry: {},
    cancelOnAbort: true,
    silenceMs: 40_000,
    startMs: 120_000,
    maxBlockBytes: 2 ** 23,
    onWait: () => {},
    ...options,
  }
  // The global one is looked up with each call: tools that instrument or replace it may load later.
  return (input, init = {}) => new Call(input, init, settings).answer()
}
