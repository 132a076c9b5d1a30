import { abortable } from '../network/abortable.ts'
import { absoluteUrl } from '../network/absolute-url.ts'
import type { CancelRequest, OpenRequest, Transport } from '../transport.ts'
import { readRefusal } from './refusal.ts'
import { SseReading } from './sse-reading.ts'

/**
 * Header fields for each request, or what makes them. A function is called afresh on each attempt, since tokens
 * expire; `unauthorized` says that the server has just answered 401 to what it gave before.
 */
export type SseHeaders =
  | HeadersInit
  | ((attempt: { readonly unauthorized: boolean }) => HeadersInit | Promise<HeadersInit>)

/** Options of {@link sse}. */
export interface SseOptions {
  /** The prefix of the server's routes. Absolute, or, in a browser, relative to the page. */
  readonly url: string
  /** What requests are made with. @default globalThis.fetch */
  readonly fetch?: typeof globalThis.fetch
  /**
   * Header fields; or a function, which is called for each attempt, and after a 401 once more, with
   * `{ unauthorized: true }`.
   * @default {}
   */
  readonly headers?: SseHeaders
  /** Whether cookies go along (WHATWG Fetch, "credentials mode"). @default 'same-origin' */
  readonly credentials?: RequestCredentials
  /**
   * How many streams may be read at once; further ones wait their turn. Browsers open six connections to an
   * origin over HTTP/1.1, and some must be left for everything else. Over HTTP/2 it may be larger.
   * @default 4
   */
  readonly maxConnections?: number
  /** The longest event that is accepted, in UTF-16 units, before it counts as a broken server. @default 8_388_608 */
  readonly maxEventLength?: number
}

/**
 * Server-Sent Events (WHATWG HTML §9.2) over `fetch`, because an `EventSource` can neither POST nor send headers,
 * nor stop reading. In browsers and in Node.
 */
export function sse(options: SseOptions): Transport {
  const { headers, credentials = 'same-origin', maxConnections = 4, maxEventLength = 2 ** 23 } = options

  async function send(method: string, request: SseRequest, signal: AbortSignal): Promise<Response> {
    const url = urlOf(options.url, request)
    const attempt = async (unauthorized: boolean) => {
      const fields = new Headers(
        typeof headers === 'function' ? await unlessAborted(headers({ unauthorized }), signal) : headers,
      )
      setFields(fields, request)
      // Looked up when it is called: what instruments or replaces the global one may load later.
      const fetch = options.fetch ?? globalThis.fetch
      const body = request.input ?? null
      return fetch(url, { method, headers: fields, body, credentials, cache: 'no-store', signal })
    }
    const response = await attempt(false)
    if (response.status !== 401 || typeof headers !== 'function') return response
    // The credentials may have expired: once, with fresh ones. A second 401 is final.
    await response.body?.cancel()
    return attempt(true)
  }

  return {
    maxReadings: maxConnections,

    async open(request, signal) {
      const response = await send(request.kind === 'start' ? 'POST' : 'GET', request, signal)
      if (response.status === 204) return undefined
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
      // A page with status 200 is no stream either: a captive portal, a proxy.
      if (response.status !== 200 || !isStream) throw await readRefusal(response)
      return new SseReading(response, signal, maxEventLength)
    },

    async cancel(request, signal) {
      const response = await send('DELETE', request, signal)
      if (!response.ok) throw await readRefusal(response)
    },
  }
}

/** All that a request may have; what it has says what it is. */
type SseRequest = (OpenRequest | CancelRequest) & Fields

interface Fields {
  readonly name: string
  readonly input?: string
  readonly streamId?: string
  readonly idempotencyKey?: string
  readonly lastChunkId?: number
}

function setFields(headers: Headers, { input, idempotencyKey, lastChunkId }: Fields): void {
  headers.set('accept', 'text/event-stream')
  if (input !== undefined) headers.set('content-type', 'application/json')
  if (idempotencyKey !== undefined) headers.set('idempotency-key', idempotencyKey)
  if (lastChunkId) headers.set('last-event-id', String(lastChunkId))
}

function urlOf(prefix: string, { name, streamId }: Fields): string {
  const path = streamId === undefined ? [name] : [name, streamId]
  return absoluteUrl(`${prefix.replace(/\/+$/, '')}/${path.map(encodeURIComponent).join('/')}`)
}

/** What makes the headers is the user's, and may hang: it must not hold up who leaves. */
function unlessAborted<T>(value: T | Promise<T>, signal: AbortSignal): Promise<T> {
  return abortable(signal, (resolve, reject) => {
    Promise.resolve(value).then(resolve, reject)
    return () => {}
  })
}
