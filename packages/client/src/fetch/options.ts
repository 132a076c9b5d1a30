import type { RetryPolicy } from '@sluice/core'
import type { Waiting } from '../snapshot.ts'
import type { SseHeaders } from '../sse/sse.ts'

/** Options of `resumingFetch`. */
export interface ResumingFetchOptions {
  /** The function that makes the requests. @default globalThis.fetch */
  readonly fetch?: typeof globalThis.fetch
  /**
   * Header fields of the page's own, which replace the client's of the same name; or a function that makes them. It is called
   * for each request, also for those that resume, since tokens expire; after a 401 once more, with `{ unauthorized: true }`.
   * @default the header fields of the client only
   */
  readonly headers?: SseHeaders
  /**
   * How often, and how patiently, an interrupted answer is resumed. `maxRetries` and `maxElapsedMs` count from the last block
   * that came.
   * @default baseMs 500, capMs 15_000, maxElapsedMs 300_000, stableMs 10_000
   */
  readonly retry?: Partial<RetryPolicy>
  /**
   * Whether an abort of the request stops the generation: then a DELETE goes to the answer's `Location`. Otherwise an abort
   * only disconnects. A body that is cancelled only disconnects in any case.
   * @default true
   */
  readonly cancelOnAbort?: boolean
  /**
   * How long an answer that is being read may be silent before it is resumed, in milliseconds. More than the server's
   * heartbeat (15 s by default) by a margin.
   * @default 40_000
   */
  readonly silenceMs?: number
  /** How long the answer to a request may take, the sending of its body included, in milliseconds. @default 120_000 */
  readonly startMs?: number
  /** The longest block that is accepted, in bytes; a longer one is a `protocol_error`. @default 8_388_608 */
  readonly maxBlockBytes?: number
  /** Called before each wait for another try: a page can show that its connection is lost. @default nothing */
  readonly onWait?: (waiting: Waiting) => void
}

/** The options with their defaults. */
export type Settings = Required<Omit<ResumingFetchOptions, 'fetch'>> & Pick<ResumingFetchOptions, 'fetch'>
