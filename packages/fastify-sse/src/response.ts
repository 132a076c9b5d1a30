import { ServerResponse } from 'node:http'
import { constants, type ServerHttp2Stream } from 'node:http2'
import { Socket } from 'node:net'

/** Ends a response so that no client takes what it has for the whole, if destroying it would not do that. */
export function reset(response: ServerResponse): void {
  const { stream } = response as { readonly stream?: ServerHttp2Stream }
  // Some clients take a stream that is reset without an error for one that has ended.
  if (stream !== undefined) stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  // Without chunks the end of the connection is that of the body, unless it is reset (RFC 9112 §8).
  else if (!response.chunkedEncoding && response.socket?.constructor === Socket)
    response.socket.resetAndDestroy()
}

/** Whether a response has emitted 'close'. An HTTP/2 response is destroyed by its stream. */
export function isClosed(response: ServerResponse): boolean {
  const { stream } = response as { readonly stream?: ServerHttp2Stream }
  return stream === undefined ? response.destroyed : stream.destroyed
}

/**
 * Whether chunks can be written into the socket of a response. They can for an HTTP/1.1 response that has its socket
 * (it does not wait behind another response of the same connection), and whose `write` has not been replaced in
 * order to see or change what is sent.
 */
export function takesChunks(response: ServerResponse): boolean {
  // Over HTTP/2 it is of another class.
  if (!(response instanceof ServerResponse) || isReplaced(response)) return false
  // A class of its own, as that of Fastify's `inject`, may do more than write.
  if (response.write !== ServerResponse.prototype.write) return false
  sendHeader(response)
  return response.chunkedEncoding
}

/** Whether the `write` of a response has been replaced. */
export function isReplaced(response: ServerResponse): boolean {
  return Object.hasOwn(response, 'write')
}

/**
 * Sends the header by itself. If it is joined with the first bytes of the body, Node keeps the joined text for as long as
 * the response exists.
 */
function sendHeader(response: ServerResponse): void {
  const { socket } = response
  socket?.cork()
  response.flushHeaders()
  // They still leave with the first bytes of the body.
  process.nextTick(() => socket?.uncork())
}
