import { StreamingError } from '@sluice/core'
import { abortable } from '../network/abortable.ts'
import { absoluteUrl } from '../network/absolute-url.ts'
import { lostBy, toFailure } from '../network/failures.ts'
import type { CancelRequest, OpenRequest, Transport } from '../transport.ts'
import { detectBuffering } from './buffering.ts'
import { connectionSlots } from './connection-slots.ts'
import { readRefusal } from './refusal.ts'
import { SseReading } from './sse-reading.ts'

/**
 * Header fields for each request, or a function that makes them. It is called afresh for each attempt, since tokens
 * expire; `unauthorized` says that the server has just answered 401 to the fields that it gave before.
 *
 * If it throws, the session ends with that error, unless it is a broken network (a `TypeError` of `fetch`) or a
 * recoverable {@link StreamingError}: then the session tries again. So to fail for now, throw
 * `new StreamingError('connection_lost', 'No token yet.', { retryAfterMs: 2_000 })`.
 */
export type SseHeaders =
  | HeadersInit
  | ((attempt: { readonly unauthorized: boolean }) => HeadersInit | Promise<HeadersInit>)

/** Options of {@link sse}. */
export interface SseOptions {
  /** The prefix of the server's routes. Absolute, or, in a browser, relative to the page's base URL. */
  readonly url: string
  /** The function that makes the requests. @default globalThis.fetch */
  readonly fetch?: typeof globalThis.fetch
  /**
   * Header fields; or a function, which is called for each attempt, and after a 401 once more, with
   * `{ unauthorized: true }`. If it throws, the session ends with that error; see {@link SseHeaders} for "not now".
   * @default {}
   */
  readonly headers?: SseHeaders
  /** Whether requests carry cookies (WHATWG Fetch, "credentials mode"). @default 'same-origin' */
  readonly credentials?: RequestCredentials
  /**
   * How many streams are read at once by all tabs of the origin together; further ones wait for a connection. Browsers
   * open six connections to an origin over HTTP/1.1, and some must stay free for other requests. Over HTTP/2 it may be
   * larger.
   * @default 4
   */
  readonly maxConnections?: number
  /** The longest event that is accepted, in UTF-16 units; a longer one is a `protocol_error`. @default 8_388_608 */
  readonly maxEventLength?: number
}

/**
 * Server-Sent Events (WHATWG HTML §9.2) over `fetch`, because an `EventSource` can neither POST nor send headers,
 * nor stop reading. In browsers and in Node.
 */
export function sse(options: SseOptions): Transport {
  const { headers = {}, credentials = 'same-origin', maxConnections = 4, maxEventLength = 2 ** 23 } = options
  /** The page's own header fields, as they were last made: a page that is left cannot wait for new ones. */
  let lastFields = typeof headers === 'function' ? undefined : headers

  function fetchWith(request: SseRequest, headers: Headers, init: RequestInit): Promise<Response> {
    // Looked up when it is called: tools that instrument or replace the global one may load later.
    const fetch = options.fetch ?? globalThis.fetch
    const { input: body = null } = request
    return fetch(urlOf(options.url, request), { headers, body, credentials, cache: 'no-store', ...init })
  }

  async function send(method: string, request: SseRequest, signal: AbortSignal): Promise<Response> {
    // A request that waits for a connection must not delay a Stop.
    const init = { method, signal, priority: method === 'DELETE' ? 'high' : 'low' } as const
    const attempt = async (unauthorized: boolean) => {
      let fields: Headers
      try {
        const own =
          typeof headers === 'function' ? await unlessAborted(headers({ unauthorized }), signal) : headers
        fields = fieldsOf(own, request)
        lastFields = own
      } catch (thrown) {
        throw toFailure(thrown)
      }
      return fetchWith(request, fields, init).catch((thrown) => {
        throw lostBy(thrown)
      })
    }
    const response = await attempt(false)
    if (response.status !== 401 || typeof headers !== 'function') return response
    // The credentials may have expired: once, with fresh ones. A second 401 is final.
    await response.body?.cancel()
    return attempt(true)
  }

  return {
    ready: connectionSlots(() => absoluteUrl(options.url), maxConnections),

    async open(request, signal, onBuffered = () => {}) {
      const { name } = request
      const probe = () => send('GET', { name, streamId: '-' }, signal)
      const stopDetecting = detectBuffering(probe, signal, onBuffered)
      const response = await send(request.kind === 'start' ? 'POST' : 'GET', request, signal)
      if (response.status === 204) {
        if (request.kind === 'latest') throw new StreamingError('not_found')
        return undefined
      }
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
      // A page with status 200 is no stream either: a captive portal, a proxy.
      if (response.status !== 200 || !isStream) throw await readRefusal(response)
      return new SseReading(response, signal, maxEventLength, stopDetecting)
    },

    async cancel(request, signal) {
      const response = await send('DELETE', request, signal)
      if (!response.ok) throw await readRefusal(response)
    },

    sendOnLeave(request) {
      if (lastFields === undefined) return
      // Nobody is left to read an error; a body above 64 KiB is one (WHATWG Fetch, "keepalive").
      fetchWith(request, fieldsOf(lastFields, request), { method: 'POST', keepalive: true }).catch(() => {})
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
  readonly thread?: string | undefined
}

/** @throws {TypeError} if a field of the page's own is none. */
function fieldsOf(own: HeadersInit, { input, idempotencyKey, lastChunkId, thread }: Fields): Headers {
  const fields = new Headers(own)
  fields.set('accept', 'text/event-stream')
  if (input !== undefined) {
    fields.set('content-type', 'application/json')
    if (thread) fields.set('thread-id', thread)
  }
  if (idempotencyKey !== undefined) fields.set('idempotency-key', idempotencyKey)
  if (lastChunkId) fields.set('last-event-id', String(lastChunkId))
  return fields
}

function urlOf(prefix: string, { name, streamId, input, thread }: Fields): string {
  const path = streamId === undefined ? [name] : [name, streamId]
  const query = thread && input === undefined ? `?thread=${encodeURIComponent(thread)}` : ''
  return absoluteUrl(`${prefix.replace(/\/+$/, '')}/${path.map(encodeURIComponent).join('/')}${query}`)
}

/** The function that makes the headers is the page's, and may hang: it must not delay a viewer that leaves. */
function unlessAborted<T>(value: T | Promise<T>, signal: AbortSignal): Promise<T> {
  return abortable(signal, (resolve, reject) => {
    Promise.resolve(value).then(resolve, reject)
    return () => {}
  })
}
