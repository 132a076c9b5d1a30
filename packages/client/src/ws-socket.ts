import {
  AdaptiveWindow,
  type ErrorFields,
  ReceiveWindow,
  type StreamEvent,
  StreamingError,
} from '@sluice/core'
import { network } from './network.ts'
import type { Reading } from './transport.ts'
import { closeError, TOO_BIG } from './ws-close.ts'
import { WsReading } from './ws-reading.ts'
import { Watchdog } from './ws-watchdog.ts'

/** As much of a WebSocket as is used here: the browser's, Node's, or that of `ws`. */
export interface WebSocketLike {
  send(data: string): void
  close(code?: number, reason?: string): void
  addEventListener(type: string, listener: (event: never) => void): void
}

/** What makes one (WHATWG WebSockets). */
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike

/** What a {@link WsSocket} is made from. */
export interface WsSocketOptions {
  readonly open: () => WebSocketLike
  /** The payload of `connection_init`, where there is one. */
  readonly init: (() => unknown) | undefined
  /** How long it stays open with nothing to do, in milliseconds. */
  readonly idleMs: number
  readonly onClose: (socket: WsSocket) => void
}

/** What a server says, as far as it is understood here. */
interface Answer extends Partial<ErrorFields> {
  readonly type: string
  readonly request_id?: string
  readonly stream_id?: string
  readonly chunk_id?: number
  readonly chunks?: readonly StreamEvent[]
  readonly ended?: boolean
  readonly last_chunk_id?: number
  readonly ping_interval_ms?: number
  readonly limits?: { readonly max_streams?: number }
}

interface Pending {
  /** How long it was, in bytes. */
  bytes: number
  answer(answer: Answer): void
  refuse(reason: unknown): void
}

type Fields = Readonly<Record<string, unknown>>

/** One WebSocket, and the streams on it. */
export class WsSocket {
  /** Closed as not authenticated before it had ever been established. */
  isRefused = false
  readonly #options: WsSocketOptions
  readonly #socket: WebSocketLike
  readonly #pending = new Map<string, Pending>()
  readonly #readings = new Map<string, WsReading>()
  readonly #unwatch: () => void
  readonly #watchdog: Watchdog
  /** What is to be sent when it is open. */
  #waiting: string[] | undefined = []
  #failure: unknown
  #isEstablished = false
  #isSuspect = false
  #requests = 0
  #maxStreams = Number.POSITIVE_INFINITY
  #idle: ReturnType<typeof setTimeout> | undefined

  constructor(options: WsSocketOptions) {
    this.#options = options
    this.#socket = options.open()
    this.#socket.addEventListener('open', () => void this.#begin())
    this.#socket.addEventListener('message', ({ data }: { data: unknown }) => this.#receive(data))
    this.#socket.addEventListener('close', (event: { code: number; reason: string }) => this.#closed(event))
    // It says nothing, and `close` follows.
    this.#socket.addEventListener('error', () => {})
    this.#watchdog = new Watchdog({
      ask: () => this.#waiting === undefined && this.#send({ type: 'ping' }) > 0,
      onDead: () => this.#fail(new StreamingError('connection_lost', 'The connection was silent.')),
    })
    // What has lived through the network's absence is most likely dead, and silent about it.
    this.#unwatch = network.watch((isOnline) => {
      if (isOnline && this.#isSuspect) this.#fail(new StreamingError('connection_lost'))
      this.#isSuspect = !isOnline
    })
  }

  /** Whether it can take another stream: this one, if it is known which. */
  canTake(streamId: string | undefined): boolean {
    // Another attachment would replace the one that is there.
    if (this.#failure !== undefined || this.#isSuspect || this.#readings.has(streamId ?? '')) return false
    return this.#readings.size + this.#pending.size < this.#maxStreams
  }

  /** Attaches to a stream. `undefined`: it has ended, and nothing comes after the cursor. */
  open(fields: Fields, after: number, signal: AbortSignal): Promise<Reading | undefined> {
    const window = new AdaptiveWindow()
    const receive = new ReceiveWindow({ after, window })
    const askedAt = performance.now()
    return this.#ask({ ...fields, window: receive.declared }, signal, (answer) => {
      window.roundTrip(performance.now() - askedAt)
      // Also from 0: then it is only that the start was one of long ago.
      if (answer.ended && answer.last_chunk_id === after && after > 0) return undefined
      return this.#read(answer.stream_id!, receive, signal)
    })
  }

  /** Asks for something that is said to be done, or refused. */
  async request(fields: Fields, signal: AbortSignal): Promise<void> {
    await this.#ask(fields, signal, () => undefined)
  }

  #ask<T>(fields: Fields, signal: AbortSignal, take: (answer: Answer) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure)
      if (signal.aborted) return reject(signal.reason)
      this.#requests += 1
      const request_id = String(this.#requests)
      const pending: Pending = {
        bytes: 0,
        // At once: events may be right behind it, in the same turn.
        answer: (answer) => {
          signal.removeEventListener('abort', abandon)
          if (answer.type === 'request_error') reject(StreamingError.fromWire(answer))
          else resolve(take(answer))
        },
        refuse: (reason) => {
          signal.removeEventListener('abort', abandon)
          reject(reason)
        },
      }
      const abandon = () => {
        pending.answer = ({ type, stream_id }) => {
          if (type === 'stream_attached' && !this.#readings.has(stream_id!)) this.#detach(stream_id!)
        }
        pending.refuse(signal.reason)
      }
      signal.addEventListener('abort', abandon)
      this.#pending.set(request_id, pending)
      this.#isNeeded()
      pending.bytes = this.#send({ ...fields, request_id })
    })
  }

  #read(streamId: string, window: ReceiveWindow, signal: AbortSignal): Reading {
    const reading = new WsReading(streamId, window, ({ chunkId, limit, queueLength }) =>
      this.#send({
        type: 'chunk_ack',
        stream_id: streamId,
        chunk_id: chunkId,
        limit,
        queue_length: queueLength,
      }),
    )
    this.#end(
      streamId,
      new StreamingError('connection_lost', 'Another reader of this connection took its place.'),
    )
    this.#readings.set(streamId, reading)
    signal.addEventListener('abort', () => {
      reading.end(signal.reason)
      if (this.#readings.get(streamId) !== reading) return
      this.#readings.delete(streamId)
      if (!reading.hasEnded) this.#detach(streamId)
      this.#isNeeded()
    })
    return reading
  }

  #detach(streamId: string): void {
    this.#requests += 1
    this.#send({ type: 'detach_stream', request_id: String(this.#requests), stream_id: streamId })
  }

  /** What the socket brings is read no further. */
  #end(streamId: string, failure: StreamingError): void {
    this.#readings.get(streamId)?.end(failure)
    this.#readings.delete(streamId)
    this.#isNeeded()
  }

  async #begin(): Promise<void> {
    const { init } = this.#options
    try {
      const payload = await init?.()
      if (payload !== undefined) {
        this.#socket.send(JSON.stringify({ type: 'connection_init', request_id: 'init', payload }))
      }
      for (const text of this.#waiting ?? []) this.#socket.send(text)
      this.#waiting = undefined
    } catch (thrown) {
      this.#fail(thrown)
    }
  }

  /** Returns how many bytes it has. */
  #send(message: Fields): number {
    const text = JSON.stringify(message)
    if (this.#failure === undefined) {
      if (this.#waiting === undefined) this.#socket.send(text)
      else this.#waiting.push(text)
    }
    return new TextEncoder().encode(text).length
  }

  #receive(data: unknown): void {
    if (this.#failure !== undefined) return
    this.#watchdog.seen()
    this.#isSuspect = false
    try {
      this.#take(JSON.parse(data as string))
    } catch (cause) {
      this.#fail(new StreamingError('protocol_error', 'The server sent what is no message.', { cause }))
    }
  }

  #take(message: Answer): void {
    const { type, request_id, stream_id = '' } = message
    const pending = this.#pending.get(request_id ?? '')
    this.#pending.delete(request_id ?? '')
    pending?.answer(message)
    if (type === 'ping') this.#pong()
    else if (type === 'connection_established') this.#established(message)
    else if (type === 'stream_detached') this.#end(stream_id, detached(message))
    else if (type === 'chunk_batch') this.#readings.get(stream_id)?.push(message.chunks ?? [])
    else if (message.chunk_id !== undefined) this.#readings.get(stream_id)?.push([message as StreamEvent])
    if (pending !== undefined) this.#isNeeded()
  }

  #established({ ping_interval_ms, limits }: Answer): void {
    this.#isEstablished = true
    this.#maxStreams = limits?.max_streams ?? Number.POSITIVE_INFINITY
    if (ping_interval_ms !== undefined) this.#watchdog.expectEvery(ping_interval_ms)
  }

  #pong(): void {
    this.#send({ type: 'pong' })
    for (const reading of this.#readings.values()) reading.alive()
  }

  /** Nothing to do for a while closes it. */
  #isNeeded(): void {
    clearTimeout(this.#idle)
    if (this.#pending.size > 0 || this.#readings.size > 0 || this.#failure !== undefined) return
    this.#idle = setTimeout(() => this.#fail(new StreamingError('connection_closed')), this.#options.idleMs)
  }

  #closed({ code, reason }: { code: number; reason: string }): void {
    const error = closeError(code, reason)
    if (code === TOO_BIG) this.#refuseLargest(error)
    this.isRefused = error.type === 'authentication' && !this.#isEstablished
    // Credentials that were good have expired: the next connection brings fresh ones, or is refused. And a message
    // that was too big is the fault of one alone.
    const mayPass = code === TOO_BIG || (error.type === 'authentication' && this.#isEstablished)
    this.#fail(mayPass ? new StreamingError('connection_lost', error.message) : error)
  }

  #refuseLargest(error: StreamingError): void {
    const [largest] = [...this.#pending].sort(([, a], [, b]) => b.bytes - a.bytes)
    if (largest === undefined) return
    this.#pending.delete(largest[0])
    largest[1].refuse(error)
  }

  #fail(failure: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = failure
    this.#watchdog.stop()
    clearTimeout(this.#idle)
    this.#unwatch()
    this.#options.onClose(this)
    for (const { refuse } of this.#pending.values()) refuse(failure)
    for (const reading of this.#readings.values()) reading.end(failure)
    this.#pending.clear()
    this.#readings.clear()
    this.#socket.close(1000)
  }
}

/** Why the server let go of a stream, as an error that says when to come back. */
function detached({ retry_after }: { readonly retry_after?: number }): StreamingError {
  return new StreamingError('connection_lost', 'The server let go of the stream for now.', {
    ...(retry_after === undefined ? {} : { retryAfterMs: retry_after * 1000 }),
  })
}
