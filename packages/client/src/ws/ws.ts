import { absoluteUrl } from '../network/absolute-url.ts'
import { toFailure } from '../network/failures.ts'
import type { OpenRequest, ResumeRequest, Transport } from '../transport.ts'
import type { WebSocketConstructor } from './web-socket.ts'
import { WsSocket } from './ws-socket.ts'

/**
 * The payload of `connection_init`, or a function that returns it. A function is called for each connection, since
 * tokens expire; `unauthorized` says that the server has just refused its previous payload.
 */
export type WsInit =
  | Readonly<Record<string, unknown>>
  | ((attempt: { readonly unauthorized: boolean }) => unknown | Promise<unknown>)

/** Options of {@link ws}. */
export interface WsOptions {
  /** The socket's URL, with `ws:`, `wss:`, `http:` or `https:`; or, in a browser, relative to the page. */
  readonly url: string
  /** The constructor of connections. @default globalThis.WebSocket */
  readonly WebSocket?: WebSocketConstructor
  /**
   * Credentials for a server that takes them by message (`connection_init`): a value; or a function, which is called
   * for each connection, and once more, with `{ unauthorized: true }`, if the server refused it.
   * @default none: nothing is sent
   */
  readonly init?: WsInit
  /** Subprotocols to offer beside `sluice.v1`: some servers take a token there. @default [] */
  readonly protocols?: readonly string[]
  /** How long a connection stays open with nothing to do, in milliseconds. @default 5_000 */
  readonly idleMs?: number
}

const SUBPROTOCOL = 'sluice.v1'

/**
 * WebSocket (WHATWG WebSockets), in browsers and in Node: all streams of a client on one connection, which is opened
 * when one is needed and closed when none is.
 */
export function ws(options: WsOptions): Transport {
  const { init, protocols = [], idleMs = 5_000 } = options
  const sockets = new Set<WsSocket>()

  function connect(unauthorized: boolean): WsSocket {
    // Not every browser takes a relative one, or one with `https:`.
    const url = absoluteUrl(options.url).replace(/^http/, 'ws')
    // Looked up when it is called: what instruments or replaces the global one may load later.
    const WebSocket = options.WebSocket ?? (globalThis.WebSocket as unknown as WebSocketConstructor)
    const socket = new WsSocket({
      open: () => {
        try {
          return new WebSocket(url, [SUBPROTOCOL, ...protocols])
        } catch (thrown) {
          // No WebSocket here, or a subprotocol that is none: no second try mends it.
          throw toFailure(thrown)
        }
      },
      init: () => (typeof init === 'function' ? init({ unauthorized }) : init),
      idleMs,
      onClose: (closed) => sockets.delete(closed),
    })
    sockets.add(socket)
    return socket
  }

  /** Does it on a connection that can take it; once more if the credentials have expired. */
  async function attempt<T>(streamId: string | undefined, act: (socket: WsSocket) => Promise<T>): Promise<T> {
    const socketFor = (unauthorized: boolean) =>
      [...sockets].find((socket) => socket.canTake(streamId)) ?? connect(unauthorized)
    const socket = socketFor(false)
    try {
      return await act(socket)
    } catch (thrown) {
      if (!socket.isRefused || typeof init !== 'function') throw thrown
      return act(socketFor(true))
    }
  }

  return {
    open(request, signal) {
      const { streamId, lastChunkId = 0 } = request as Partial<ResumeRequest>
      return attempt(streamId, (socket) => socket.open(fieldsOf(request), lastChunkId, signal))
    },

    cancel(request, signal) {
      return attempt(undefined, (socket) => socket.request(cancelFieldsOf(request), signal))
    },
  }
}

function fieldsOf(request: OpenRequest): Readonly<Record<string, unknown>> {
  if (request.kind === 'resume') {
    return { type: 'resume_stream', stream_id: request.streamId, last_chunk_id: request.lastChunkId }
  }
  const { name: stream, thread } = request
  if (request.kind === 'latest') return { type: 'attach_thread', stream, thread }
  const { input, idempotencyKey } = request
  return { type: 'stream_request', stream, input: JSON.parse(input), idempotency_key: idempotencyKey, thread }
}

/** By the stream's id, the key of its start, or its thread: what is undefined is not sent. */
function cancelFieldsOf({
  name,
  streamId,
  idempotencyKey,
  thread,
}: {
  readonly name: string
  readonly streamId?: string
  readonly idempotencyKey?: string
  readonly thread?: string
}): Readonly<Record<string, unknown>> {
  return {
    type: 'cancel_stream',
    stream_id: streamId,
    stream: name,
    idempotency_key: idempotencyKey,
    thread,
  }
}
