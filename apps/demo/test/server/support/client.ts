import { createClient, type StreamClient, sse, type WebSocketConstructor, ws } from '@sluice/client'
import WebSocket from 'ws'
import type { Streams } from '../../../src/server/streams.ts'
import type { Visitor } from './visitor.ts'

/** The client that the page has, over one transport or the other, with a visitor's cookie. */
export function clientOf(url: string, { cookie }: Visitor, transport: 'sse' | 'ws'): StreamClient<Streams> {
  class SocketWithCookie extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols, { headers: { cookie, origin: url } })
    }
  }
  return createClient<Streams>({
    retry: { baseMs: 20, capMs: 500 },
    transport:
      transport === 'sse'
        ? sse({ url: `${url}/streams`, headers: { cookie } })
        : ws({
            url: `${url}/streams/ws`,
            WebSocket: SocketWithCookie as unknown as WebSocketConstructor,
          }),
  })
}
