import { StreamingError } from '@sluice/core'
import { checkedOwner, checkThread, type RequestOrigin } from '@sluice/core/transport'
import type { FastifyRequest } from 'fastify'
import type { ViewingOptions } from './options.ts'

/** Which page a request comes from. */
export function originOf({ headers, host }: FastifyRequest): RequestOrigin {
  return { origin: headers.origin, host }
}

/** A form on another site's page can post text, not JSON. @throws {StreamingError} 415 for anything but JSON. */
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

/** @throws {StreamingError} 406 where the answer could not be read as an event stream. */
export function checkAccept(request: FastifyRequest): void {
  const { accept } = request.headers
  if (accept === undefined || /(^|,)\s*(text\/event-stream|text\/\*|\*\/\*)\s*(;|,|$)/i.test(accept)) return
  throw new StreamingError('invalid_request', `Accept: has to allow text/event-stream, and is '${accept}'.`, {
    status: 406,
  })
}

/** The owner of a request. @throws StreamingError 401 if the application names owners, and has none for this request */
export async function ownerOf(request: FastifyRequest, options: ViewingOptions): Promise<string | undefined> {
  return options.owner === undefined ? undefined : checkedOwner(await options.owner(request))
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

/** The cursor of a GET: `Last-Event-ID`, or else `?last_chunk_id`. @throws {StreamingError} 400 where it is none. */
export function cursorOf(request: FastifyRequest): number {
  const fromHeader = header(request, 'last-event-id')
  // An EventSource that has seen no id sends none; some send it empty.
  if (fromHeader !== undefined && fromHeader !== '') return parseCursor('Last-Event-ID', fromHeader)
  const { last_chunk_id: fromQuery } = request.query as Record<string, unknown>
  return fromQuery === undefined ? 0 : parseCursor('last_chunk_id', fromQuery)
}

/** The place in a stream that `{stream_id}:{chunk_id}` names, where the URL does not name the stream. */
export function streamCursorOf(
  request: FastifyRequest,
): { readonly streamId: string; readonly after: number } | undefined {
  const id = header(request, 'last-event-id')
  if (id === undefined || id === '') return undefined
  const [, streamId, cursor] = /^([\w-]{22}):(\d+)$/.exec(id) ?? []
  if (streamId === undefined) {
    throw new StreamingError('invalid_request', 'Last-Event-ID: has to be {stream_id}:{chunk_id} here.')
  }
  return { streamId, after: parseCursor('Last-Event-ID', cursor) }
}

function parseCursor(name: string, value: unknown): number {
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
