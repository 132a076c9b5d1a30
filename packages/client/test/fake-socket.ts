import { afterEach, beforeEach, expect, vi } from 'vitest'
import { createClient, type StreamSession, type WebSocketLike, type WsOptions, ws } from '../src/index.ts'

/** A message of the client. */
export interface Sent {
  readonly type: string
  readonly request_id?: string
  readonly [field: string]: unknown
}

/** A socket that the test plays the server of. */
export class FakeSocket implements WebSocketLike {
  static all: FakeSocket[] = []
  readonly url: string
  readonly protocols: readonly string[]
  readonly sent: Sent[] = []
  isClosed = false
  readonly #listeners = new Map<string, (event: never) => void>()

  constructor(url: string, protocols: readonly string[]) {
    this.url = url
    this.protocols = protocols
    FakeSocket.all.push(this)
  }

  send(data: string): void {
    this.sent.push(JSON.parse(data))
  }

  close(): void {
    this.isClosed = true
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners.set(type, listener)
  }

  emit(type: string, event: object = {}): void {
    this.#listeners.get(type)?.(event as never)
  }

  /** Opens as a server does that asks for nothing. */
  open(established: object = {}): this {
    this.emit('open')
    this.say({ type: 'connection_established', connection_id: 'c', ping_interval_ms: 1_000, ...established })
    return this
  }

  say(...messages: object[]): void {
    for (const message of messages) this.emit('message', { data: JSON.stringify(message) })
  }

  closeWith(code: number, reason = ''): void {
    this.isClosed = true
    this.emit('close', { code, reason })
  }

  of(type: string): Sent[] {
    return this.sent.filter((message) => message.type === type)
  }

  attach(request: Sent, fields: object = {}): void {
    this.say({
      type: 'stream_attached',
      request_id: request.request_id,
      stream_id: 'stream-1',
      ended: false,
      ...fields,
    })
  }
}

/** Lets promises and the shortest timers pass. */
export const tick = () => vi.advanceTimersByTimeAsync(1)

/** Fake time and no sockets for each test of a file; and after each, no timer is left. */
export function scriptedSockets(): void {
  beforeEach(() => {
    vi.useFakeTimers()
    FakeSocket.all = []
  })
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })
}

export const client = (options: Partial<WsOptions> = {}) =>
  createClient({
    transport: ws({ url: 'http://server.example/streams/ws', WebSocket: FakeSocket as never, ...options }),
    retry: { baseMs: 0 },
    queueLimit: 4_096,
  })

/** A session that is attached, and its socket. */
export async function attached(
  options: Partial<WsOptions> = {},
): Promise<{ session: StreamSession; socket: FakeSocket }> {
  const session = client(options).start('chat', { q: 1 })
  await tick()
  const socket = FakeSocket.all.at(-1)!
  socket.open()
  await tick()
  socket.attach(socket.of('stream_request')[0]!)
  await tick()
  return { session, socket }
}

/** Lets a session end, and its socket with it. */
export async function finish(socket: FakeSocket): Promise<void> {
  socket.closeWith(4500)
  await tick()
}
