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

/** What makes one (WHATWG WebSockets). */
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike
