import { StreamingError } from '@sluice/core'
import { createKey } from '../client.ts'
import { absoluteUrl } from '../network/absolute-url.ts'
import { Attempt } from '../network/attempt.ts'
import { requestCancel } from '../session/request-cancel.ts'
import { RetrySchedule } from '../session/retry-schedule.ts'
import { readRefusal } from '../sse/refusal.ts'
import type { Settings } from './options.ts'
import { type Connection, ResumingBody } from './resuming-body.ts'

/** Statuses of a gateway that reached no server, or of a server that closes: another try may reach one. */
const UNREACHED = [502, 503, 504]

const EVENT_STREAM = 'text/event-stream'

/** Header fields that belong to the client's own request, and to none that follows it. */
const OF_THE_REQUEST = [
  'content-type',
  'content-length',
  'content-encoding',
  'idempotency-key',
  'last-event-id',
]

/** One call of the client's `fetch`, until its body ends. */
export class Call {
  readonly #input: RequestInfo | URL
  readonly #init: RequestInit
  readonly #settings: Settings
  readonly #url: string
  readonly #method: string
  /** The client's own header fields. */
  readonly #fields: Headers
  readonly #signal: AbortSignal | undefined
  /** Aborted when the client has no more interest in the answer. */
  readonly #life = new AbortController()
  /** The stream, as soon as the server has named it. */
  #location: string | undefined
  /** The client has an answer that cannot be resumed: an abort ends it, and nothing else. */
  #isHandedOn = false
  #hasAskedAgain = false

  constructor(input: RequestInfo | URL, init: RequestInit, settings: Settings) {
    const request = typeof input === 'object' && 'headers' in input ? input : undefined
    this.#input = input
    this.#init = init
    this.#settings = settings
    this.#url = absoluteUrl(request?.url ?? String(input))
    this.#method = (init.method ?? request?.method ?? 'GET').toUpperCase()
    this.#fields = new Headers(init.headers ?? request?.headers)
    this.#signal = init.signal ?? request?.signal
    // A stream can be sent once. A `Request` is copied for each attempt.
    const isRepeatable = request !== undefined || !(init.body instanceof ReadableStream)
    if (this.#method === 'POST' && isRepeatable && !this.#fields.has('idempotency-key')) {
      this.#fields.set('idempotency-key', createKey())
    }
  }

  /** The answer, with a body that resumes if it is an event stream that can be resumed. */
  async answer(): Promise<Response> {
    this.#signal?.addEventListener('abort', this.#onAbort)
    try {
      this.#signal?.throwIfAborted()
      const { response: first, attempt } = await this.#first()
      this.#location = locationOf(first, this.#url)
      if (!first.ok || !isEventStream(first) || !first.body || !this.#location) {
        this.#isHandedOn = true
        return first
      }
      const body = new ResumingBody(
        { body: first.body, attempt },
        {
          settings: this.#settings,
          lastId: this.#fields.get('last-event-id') ?? '',
          signal: this.#life.signal,
          resume: (lastId) => this.#resume(lastId),
          onEnd: () => this.#end(),
        },
      )
      return answerLike(first, new ReadableStream(body, { highWaterMark: 0 }))
    } catch (error) {
      this.#end()
      throw error
    }
  }

  /** The answer to the client's request, which is sent until there is one. */
  async #first(): Promise<{ readonly response: Response; readonly attempt: Attempt }> {
    const { startMs, retry, onWait } = this.#settings
    const { signal } = this.#life
    const retries = new RetrySchedule(retry)
    while (true) {
      const attempt = this.#attempt()
      let refused: Response | undefined
      let failure: unknown
      try {
        const response = await attempt.within(startMs, this.#send(attempt.signal))
        if (!this.#isRepeatable) return { response, attempt }
        if (isCut(response)) throw new StreamingError('connection_lost', 'The header of the answer was cut.')
        if (!UNREACHED.includes(response.status)) return { response, attempt }
        refused = response.clone()
        failure = await readRefusal(response)
      } catch (thrown) {
        failure = attempt.isOver ? attempt.reason : thrown
      }
      if (signal.aborted) throw signal.reason
      if (!this.#isRepeatable) throw failure
      try {
        await retries.wait(failure, signal, onWait)
      } catch (final) {
        // What the server has said is in the client's own form.
        if (signal.aborted || refused === undefined) throw final
        return { response: refused, attempt }
      }
      await refused?.body?.cancel()
      attempt.end(failure)
    }
  }

  get #isRepeatable(): boolean {
    return this.#method === 'GET' || this.#method === 'HEAD' || this.#fields.has('idempotency-key')
  }

  /** An attempt that ends with the client's interest. */
  #attempt(): Attempt {
    const attempt = new Attempt()
    const { signal } = this.#life
    const end = () => attempt.end(signal.reason)
    if (signal.aborted) end()
    signal.addEventListener('abort', end)
    attempt.signal.addEventListener('abort', () => signal.removeEventListener('abort', end))
    return attempt
  }

  #send(signal: AbortSignal): Promise<Response> {
    return this.#fetch(this.#fields, (headers) => {
      const input = this.#input instanceof Request ? this.#input.clone() : this.#input
      return [input, { ...this.#init, headers, signal }]
    })
  }

  /** What follows a block. `undefined`: nothing does. */
  async #resume(lastId: string): Promise<Connection | undefined> {
    try {
      return await this.#continue(lastId)
    } catch (error) {
      // The address may have been cut, see `isCut`. As long as the client has nothing, it can be asked for again.
      const isUnknown = error instanceof StreamingError && error.type === 'not_found'
      if (!isUnknown || this.#hasAskedAgain || lastId !== '' || !this.#isRepeatable) throw error
      this.#hasAskedAgain = true
      const { response, attempt } = await this.#first()
      this.#location = locationOf(response, this.#url)
      if (!isEventStream(response) || !response.body || !this.#location) throw error
      return { body: response.body, attempt }
    }
  }

  async #continue(lastId: string): Promise<Connection | undefined> {
    const fields = this.#bare()
    fields.set('accept', 'text/event-stream')
    if (lastId !== '') fields.set('last-event-id', lastId)
    const attempt = this.#attempt()
    try {
      const response = await attempt.within(
        this.#settings.silenceMs,
        this.#fetch(fields, (headers) => [
          this.#location!,
          { ...this.#shared, headers, signal: attempt.signal, cache: 'no-store' },
        ]),
      )
      if (response.status !== 204) {
        // A page with status 200 is no stream either: a captive portal, a proxy.
        if (response.status !== 200 || !isEventStream(response)) throw await readRefusal(response)
        if (response.body) return { body: response.body, attempt }
      }
    } catch (thrown) {
      const reason = attempt.isOver ? attempt.reason : thrown
      attempt.end(reason)
      throw reason
    }
    attempt.end(undefined)
    return undefined
  }

  readonly #onAbort = (): void => {
    if (this.#settings.cancelOnAbort && !this.#isHandedOn) this.#cancel()
    this.#life.abort(this.#signal!.reason)
    this.#end()
  }

  /** Stops the generation. Nobody is left to be told how that went. */
  #cancel(): void {
    const fields = this.#bare()
    const key = this.#fields.get('idempotency-key')
    // Until there is an answer, only its key names the stream.
    if (this.#location === undefined) {
      if (key === null) return
      fields.set('idempotency-key', key)
    }
    const url = this.#location ?? this.#url
    requestCancel(async (signal) => {
      const response = await this.#fetch(fields, (headers) => [
        url,
        { ...this.#shared, method: 'DELETE', headers, signal, keepalive: true },
      ])
      if (!response.ok) throw await readRefusal(response)
    }).catch(() => {})
  }

  #end(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort)
  }

  /** The client's header fields without those that speak of its own request. */
  #bare(): Headers {
    const fields = new Headers(this.#fields)
    for (const name of OF_THE_REQUEST) fields.delete(name)
    return fields
  }

  /** What later requests have in common with the client's. */
  get #shared(): RequestInit {
    const { credentials, mode, redirect, referrerPolicy } =
      this.#input instanceof Request ? this.#input : this.#init
    return {
      ...(credentials && { credentials }),
      ...(mode && mode !== 'navigate' && { mode }),
      ...(redirect && { redirect }),
      ...(referrerPolicy && { referrerPolicy }),
    }
  }

  /** Sends a request with the page's own header fields; after a 401 once more, with fresh ones. */
  async #fetch(
    fields: Headers,
    request: (headers: Headers) => [RequestInfo | URL, RequestInit],
  ): Promise<Response> {
    const { headers } = this.#settings
    const attempt = async (unauthorized: boolean) => {
      const all = new Headers(fields)
      const own = new Headers(typeof headers === 'function' ? await headers({ unauthorized }) : headers)
      own.forEach((value, name) => {
        all.set(name, value)
      })
      const fetch = this.#settings.fetch ?? globalThis.fetch
      return fetch(...request(all))
    }
    const response = await attempt(false)
    if (response.status !== 401 || typeof headers !== 'function') return response
    await response.body?.cancel()
    return attempt(true)
  }
}

function isEventStream({ headers }: Response): boolean {
  return headers.get('content-type')?.startsWith(EVENT_STREAM) === true
}

/**
 * Whether the connection was cut in the middle of the header. Chromium takes the fields that have come for the whole of it, and
 * the answer for an empty one.
 */
function isCut({ status, headers }: Response): boolean {
  const type = headers.get('content-type') ?? ''
  return (
    status === 200 && !headers.has('content-length') && type !== EVENT_STREAM && EVENT_STREAM.startsWith(type)
  )
}

/** The address of the stream. One on another origin must not get the header fields, which may have a token. */
function locationOf(response: Response, requested: string): string | undefined {
  const location = response.headers.get('location')
  if (location === null) return undefined
  const from = response.url || requested
  const url = new URL(location, from)
  return url.origin === new URL(from).origin ? url.href : undefined
}

/** An answer with the status and the header fields of another, and a body of its own. */
function answerLike(first: Response, body: ReadableStream<Uint8Array<ArrayBuffer>>): Response {
  const headers = new Headers(first.headers)
  // The body is decoded, and its length is not known.
  headers.delete('content-encoding')
  headers.delete('content-length')
  const { status, statusText, url } = first
  return Object.defineProperty(new Response(body, { status, statusText, headers }), 'url', { value: url })
}
