import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { StreamEvent } from '@sluice/core'
import type { Test } from 'tap'
import WebSocket from 'ws'

/** A message of the server, as a test looks at it. */
export interface Received {
  readonly type: string
  readonly [field: string]: unknown
}

export interface PeerOptions {
  readonly protocols?: readonly string[]
  readonly headers?: Record<string, string>
  /** Answers the server's pings. @default true */
  readonly pongs?: boolean
  /** Fields of the `connection_init` that it begins with. */
  readonly init?: { readonly request_id: string; readonly payload?: unknown }
}

/** A client of `ws`, as a test plays it: says what it wants, and sees all that comes. */
export class Peer {
  readonly socket: WebSocket
  /** All that has come, in order. */
  readonly messages: Received[] = []
  /** How it was closed. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  readonly #last = new Map<string, number>()
  #taken = 0
  #wake: () => void = () => {}
  #end: Error | undefined
  #requests = 0

  constructor(t: Test, url: string, { protocols = ['sluice.v1'], headers = {}, pongs = true }: PeerOptions) {
    this.socket = new WebSocket(url, [...protocols], { headers, perMessageDeflate: false })
    this.socket.on('message', (data: Buffer) => {
      const message: Received = JSON.parse(data.toString())
      if (pongs && message.type === 'ping') this.send({ type: 'pong' })
      this.messages.push(message)
      const last = eventsOf(message).at(-1)
      if (last !== undefined) this.#last.set(message.stream_id as string, last.chunk_id)
      this.#wake()
    })
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => {
        this.#end = new Error(`closed with ${code} (${reason})`)
        this.#wake()
        resolve({ code, reason: reason.toString() })
      })
    })
    this.socket.on('error', () => {})
    t.teardown(() => this.socket.terminate())
  }

  static async open(t: Test, url: string, options: PeerOptions = {}): Promise<Peer> {
    const peer = new Peer(t, url, options)
    await once(peer.socket, 'open')
    return peer
  }

  /** The TCP socket beneath. */
  get tcp(): Socket {
    return (this.socket as unknown as { readonly _socket: Socket })._socket
  }

  send(message: unknown): void {
    const isRaw = typeof message === 'string' || message instanceof Uint8Array
    this.socket.send(isRaw ? message : JSON.stringify(message))
  }

  /** Sends a request with an id of its own. Gives the id. */
  request(message: Record<string, unknown>): string {
    this.#requests += 1
    const fresh = { request_id: `r${this.#requests}`, ...message }
    this.send(fresh)
    return fresh.request_id
  }

  /** The next message that has not been taken and that fits; what comes before it counts as taken. */
  async take(wanted: string | ((message: Received) => boolean)): Promise<Received> {
    const fits = typeof wanted === 'string' ? ({ type }: Received) => type === wanted : wanted
    while (true) {
      while (this.#taken < this.messages.length) {
        const message = this.messages[this.#taken++]!
        if (fits(message)) return message
      }
      if (this.#end !== undefined) throw this.#end
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Sends a request and gives its answer. */
  async ask(message: Record<string, unknown>): Promise<Received> {
    const id = this.request(message)
    return this.take(({ request_id }) => request_id === id)
  }

  /** Starts a stream and gives its id. */
  async start(fields: Record<string, unknown> = {}): Promise<string> {
    const answer = await this.ask({
      type: 'stream_request',
      stream: 'chat',
      input: { prompt: 'hello' },
      ...fields,
    })
    if (answer.type !== 'stream_attached') throw new Error(JSON.stringify(answer))
    return answer.stream_id as string
  }

  ack(streamId: string, chunkId: number, limit?: number): void {
    this.send({ type: 'chunk_ack', stream_id: streamId, chunk_id: chunkId, limit })
  }

  /** The events of a stream that have come. */
  events(streamId: string): StreamEvent[] {
    return this.messages.filter(({ stream_id }) => stream_id === streamId).flatMap(eventsOf)
  }

  /** The chunk_id of the last event that has come; 0: none. */
  last(streamId: string): number {
    return this.#last.get(streamId) ?? 0
  }

  /** Waits until the event with this chunk_id has come. */
  async received(streamId: string, chunkId: number): Promise<void> {
    if (this.last(streamId) >= chunkId) return
    await this.take(
      (message) => message.stream_id === streamId && (eventsOf(message).at(-1)?.chunk_id ?? 0) >= chunkId,
    )
  }

  /** Waits for the terminal event, and gives all. */
  async whole(streamId: string): Promise<StreamEvent[]> {
    const isEnd = ({ type }: StreamEvent) => /^stream_(complete|error|cancelled)$/.test(type)
    if (!this.events(streamId).some(isEnd)) {
      await this.take((message) => message.stream_id === streamId && eventsOf(message).some(isEnd))
    }
    return this.events(streamId)
  }

  /** Waits for the answer to a `ping`: by then, what was sent before it has been dealt with. */
  async settled(): Promise<void> {
    this.send({ type: 'ping' })
    await this.take('pong')
  }
}

export function eventsOf(message: Received): StreamEvent[] {
  if (message.type === 'chunk_batch') return message.chunks as StreamEvent[]
  return typeof message.chunk_id === 'number' ? [message as unknown as StreamEvent] : []
}

export function idsOf(events: readonly StreamEvent[]): number[] {
  return events.map(({ chunk_id }) => chunk_id)
}

/** 1 to `last`. */
export function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1)
}
