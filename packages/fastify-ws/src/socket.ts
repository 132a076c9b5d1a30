/** The part of a `ws` WebSocket that is used here. */
export interface Socket {
  /** The subprotocol that was agreed on; empty if there is none. */
  readonly protocol: string
  /** The extensions that were negotiated (RFC 6455 §9); empty if there are none. */
  readonly extensions: string
  readonly readyState: number
  /** Bytes that were sent and have not left the process. */
  readonly bufferedAmount: number
  send(data: Uint8Array, options: { readonly binary: boolean }, onSent?: () => void): void
  close(code: number, reason: string): void
  terminate(): void
  on(event: 'message', listener: (data: Uint8Array, isBinary: boolean) => void): unknown
  on(event: 'close', listener: (code: number) => void): unknown
  on(event: 'ping' | 'pong', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** The `readyState` in which a message may be sent. */
export const SOCKET_OPEN = 1

/** The one subprotocol that is spoken (RFC 6455 §1.9). */
export const SUBPROTOCOL = 'sluice.v1'

/** A reason is at most 123 bytes of UTF-8 (RFC 6455 §5.5). */
const MAX_REASON_BYTES = 123

/** As much of a text as a close frame can carry, never cut through a character. */
export function closeReason(text: string): string {
  const bytes = new Uint8Array(MAX_REASON_BYTES)
  const { read } = new TextEncoder().encodeInto(text, bytes)
  return text.slice(0, read)
}
