import { StreamingError } from '@sluice/core'
import { checkedOwner, checkThread, type RequestOrigin } from '@sluice/core/transport'
import type { FastifyRequest } from 'fastify'
import type { ViewingOptions } from './options.ts'

/** Which page a request comes from. */
export function originOf({ headers, host, protocol }: FastifyRequest): RequestOrigin {
  const { origin, 'sec-fetch-site': site } = headers
  return { origin, host, isSecure: protocol === 'https', site: typeof site === 'string' ? site : undefined }
}

/**
 * A GET that starts a stream must not come from another site's page: for an `<img>`, a link or a no-cors `fetch` a browser
 * sends cookies and no `Origin`. It does send Fetch Metadata (https://www.w3.org/TR/fetch-metadata/) over TLS and to
 * localhost. A request with an `Origin` is for {@link checkOrigin}.
 * @throws StreamingError 403 if the request is not, or may not be, one of this site's own
 */
export function checkFetchMetadata({ headers }: FastifyRequest, allowMissing: boolean): void {
  if (headers.origin !== undefined) return
  const { 'sec-fetch-site': site, 'sec-fetch-dest': dest } = headers
  if (site === undefined) {
    if (allowMissing) return
    throw new StreamingError(
      'permission_denied',
      'Sec-Fetch-Site: is missing, and without it a GET does not start a stream here. Use POST.',
    )
  }
  // A person has typed the address.
  if (site === 'none') return
  // An image or a frame, that somebody may have put into a page of this site, must not start anything either.
  if (site === 'same-origin' && dest === 'empty') return
  throw new StreamingError(
    'permission_denied',
    `Sec-Fetch-Site: a GET from '${site}' for '${dest}' does not start a stream here. Use fetch or EventSource, on a page of this site.`,
  )
}

/** A form on another site's page can post text, but no JSON. @throws StreamingError 415 for anything but JSON */
export function checkContentType(request: FastifyRequest): void {
  const type = request.headers['content-type']
  if (type !== undefined && /^\s*application\/json\s*(;|$)/i.test(type)) return
  throw new StreamingError(
    'invalid_request',
    `Content-Type: has to be application/json, and is ${type ?? 'missing'}.`,
    {
      status: 415,
    },
  )
}

/** @throws StreamingError 406 if the client does not take an event stream */
export function checkAccept(request: FastifyRequest): void {
  const { accept } = request.headers
  if (accept === undefined || /(^|,)\s*(text\/event-stream|text\/\*|\*\/\*)\s*(;|,|$)/i.test(accept)) return
  throw new StreamingError('invalid_request', `Accept: has to allow text/event-stream, and is '${accept}'.`, {
    status: 406,
  })
}

/** The owner of a request. @throws StreamingError 401 if the application names owners, and has none for this request */
export async function ownerOf(request: FastifyRequest, options: ViewingOptions): Promise<string | undefined> {
  const { owner } = options
  return owner === undefined || owner === false ? undefined : checkedOwner(await owner(request))
}

/** The idempotency key of a start. */
export function idempotencyKeyOf(request: FastifyRequest): string | undefined {
  return header(request, 'idempotency-key')
}

/** The thread of a start. @throws {StreamingError} 400 if `Thread-Id` is no thread id */
export function threadOf(request: FastifyRequest): string | undefined {
  const thread = header(request, 'thread-id')
  if (thread !== undefined) checkThread(thread, 'Thread-Id')
  return thread
}

/** The thread that a GET asks for. @throws {StreamingError} 400 if `?thread` is missing, or is no thread id */
export function threadOfQuery(request: FastifyRequest): string {
  const { thread } = request.query as Record<string, unknown>
  if (thread === undefined) {
    throw new StreamingError('invalid_request', 'thread: is missing; or name the stream in the URL.')
  }
  checkThread(thread)
  return thread
}

/**
 * The cursor of a request: `Last-Event-ID`, or else `?last_chunk_id`, or else `?lastEventId`, which some libraries send in
 * place of the header. `undefined`: the client has read nothing.
 * @throws StreamingError 400 if it is malformed
 */
export function cursorOf(request: FastifyRequest): number | undefined {
  const [name, value] = lastEventId(request, ['last_chunk_id', 'lastEventId']) ?? []
  return name === undefined ? undefined : parseCursor(name, value)
}

/** The place in a stream that `{stream_id}:{chunk_id}` names, for a URL that does not name the stream. */
export function streamCursorOf(
  request: FastifyRequest,
): { readonly streamId: string; readonly after: number } | undefined {
  const place = streamPlaceOf(request, 'chunk_id')
  return place && { streamId: place.streamId, after: parseCursor(place.name, place.cursor) }
}

/**
 * The id of a last event that names its stream: `{stream_id}:{cursor}`. `undefined`: the client has read nothing.
 * @param cursorForm what the cursor is called in the error
 * @throws StreamingError 400 if it is malformed
 */
export function streamPlaceOf(
  request: FastifyRequest,
  cursorForm: string,
): { readonly name: string; readonly streamId: string; readonly cursor: string } | undefined {
  const [name, id] = lastEventId(request, ['lastEventId']) ?? []
  if (name === undefined) return undefined
  const [, streamId, cursor] = /^([\w-]{22}):([\d.]+)$/.exec(String(id)) ?? []
  if (streamId === undefined || cursor === undefined) {
    throw new StreamingError('invalid_request', `${name}: has to be {stream_id}:{${cursorForm}} here.`)
  }
  return { name, streamId, cursor }
}

/** The id of the last message of a wire, as it was sent. `undefined`: the client has read nothing. */
export function lastMessageIdOf(request: FastifyRequest): string | undefined {
  const [, id] = lastEventId(request, ['lastEventId']) ?? []
  return id === undefined ? undefined : String(id)
}

/** The id of the last event, as it was sent: its place in the request, and its value. */
function lastEventId(request: FastifyRequest, inQuery: readonly string[]): [string, unknown] | undefined {
  const fromHeader = header(request, 'last-event-id')
  // An EventSource that has seen no id sends none; some send it empty.
  if (fromHeader !== undefined && fromHeader !== '') return ['Last-Event-ID', fromHeader]
  const query = request.query as Record<string, unknown>
  const name = inQuery.find((name) => query[name] !== undefined && query[name] !== '')
  return name === undefined ? undefined : [name, query[name]]
}

/** @throws StreamingError 400 if it is no chunk_id */
export function parseCursor(name: string, value: unknown): number {
  // 15 digits are below Number.MAX_SAFE_INTEGER.
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return Number(value)
  throw new StreamingError(
    'invalid_request',
    `${name}: has to be a whole number from 0 on, and is '${String(value)}'.`,
  )
}

function header(request: FastifyRequest, name: string): string | undefined {
  // Node makes a list of `Set-Cookie` alone; what else comes twice it joins.
  return request.headers[name] as string | undefined
}
