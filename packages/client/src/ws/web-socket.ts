import { ERROR_TYPES, type ErrorType, StreamingError } from '@sluice/core'

/** As much of a WebSocket as is used here: the browser's, Node's, or that of `ws`. */
export interface WebSocketLike {
  send(data: string): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'open' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: WebSocketClosing) => void): void
}

/** Why a WebSocket closed (RFC 6455 §7.1.5 and §7.1.6). */
export interface WebSocketClosing {
  readonly code: number
  readonly reason: string
}

/** The constructor of a `WebSocket` (WHATWG WebSockets). */
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike

/** Below 4000, what no second try mends (RFC 6455 §7.4.1): the data, a policy, an extension. */
const FINAL = [1003, 1008, 1010]

/** A message was longer than the server takes. */
export const TOO_BIG = 1009

/**
 * The error that a close stands for. Up to 4499 another try may find it mended, from 4500 on none will
 * (`PROTOCOL.md`, "Close codes").
 */
export function closeError(code: number, reason: string): StreamingError {
  const message = reason || `The server closed the connection (${code}).`
  if (code === TOO_BIG) return new StreamingError('invalid_request', message, { status: 413 })
  return new StreamingError(typeOf(code), message)
}

function typeOf(code: number): ErrorType {
  for (const type of Object.keys(ERROR_TYPES) as ErrorType[]) {
    if (ERROR_TYPES[type].closeCode === code) return type
  }
  return code >= 4500 || FINAL.includes(code) ? 'protocol_error' : 'connection_lost'
}
