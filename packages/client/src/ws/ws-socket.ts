import {
  AdaptiveWindow,
  type ErrorFields,
  ReceiveWindow,
  type StreamEvent,
  StreamingError,
} from '@sluice/core'
import { abortable } from '../network/abortable.ts'
import { toFailure } from '../network/failures.ts'
import { onBackOnline } from '../network/online.ts'
import type { Reading } from '../transport.ts'
import { closeError, TOO_BIG, type WebSocketClosing, type WebSocketLike } from './web-socket.ts'
import { WsReading } from './ws-reading.ts'

/** The options of a {@link WsSocket}. */
export interface WsSocketOptions {
  readonly open: () => WebSocketLike
  /** The payload of `connection_init`, if there is one. */
  readonly init: () => unknown
  /** How long it stays open with nothing to do, in milliseconds. */
  readonly idleMs: number
  readonly onClose: (socket: WsSocket) => void
}

/** A message of the server, with the fields that are used here. */
interface Answer extends Partial<ErrorFields> {
  readonly type: string
  readonly request_id?: string
  readonly stream_id?: string
  readonly chunk_id?: number
  readonly chunks?: readonly StreamEvent[]
  readonly ended?: boolean
  readonly last_chunk_id?: number
  readonly ping_interval_ms?: number
  readonly limits?: {
    readonly max_streams?: number
    readonly max_window?: number
    readonly max_message_bytes?: number
  }
}

interface Pending {
  answer(answer: Answer): void
  refuse(reason: unknown): void
}

type Fields = Readonly<Record<string, unknown>>

/** The assumed interval of the server's pings until it has named it, in milliseconds. */
const PING_INTERVAL_MS = 15_000

/** The length of a request, in UTF-16 units, from which on it may be more than a server takes. */
const LONG = 4_096

/** One WebSocket, and the streams on it. */
export class WsSocket {
  /** Closed as not authenticated before it had ever been established. */
  isRefused = false
  readonly #options: WsSocketOptions
  readonly #socket: WebSocketLike
  readonly #pending = new Map<string, Pending>()
  readonly #readings = new Map<string, WsReading>()
  readonly #unwatch: () => void
  /** The messages to send when it is open. */
  #waiting: string[] | undefined = []
  #failure: unknown
  #isEstablished = false
  #isSuspect = false
  #requests = 0
  #maxStreams = Number.POSITIVE_INFINITY
  #maxWindow = Number.POSITIVE_INFINITY
  #maxMessageBytes = Number.POSITIVE_INFINITY
  /** Long requests, until the server has said how much it takes. */
  readonly #early: (() => void)[] = []
  #idle: ReturnType<typeof setTimeout> | undefined
  #ticking: ReturnType<typeof setInterval> | undefined
  #silentTicks = 0

  constructor(options: WsSocketOptions) {
    this.#options = options
    this.#socket = options.open()
    this.#socket.addEventListener('open', () => void this.#begin())
    this.#socket.addEventListener('message', ({ data }) => this.#receive(data))
    this.#socket.addEventListener('close', (event) => this.#closed(event))
    // It says nothing, and `close` follows.
    this.#socket.addEventListener('error', () => {})
    this.#expectEvery(PING_INTERVAL_MS)
    // A socket from before the network was lost is most likely dead, without a close.
    this.#unwatch = onBackOnline(() => this.#fail(new StreamingError('connection_lost')))
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
      window.limitTo(this.#maxWindow)
      // Also from 0: then it is only that the start was one of long ago.
      if (answer.ended && answer.last_chunk_id === after && after > 0) return undefined
      return this.#read(answer.stream_id!, receive, signal)
    })
  }

  /** Asks for something that is said to be done, or refused. */
  async request(fields: Fields, signal: AbortSignal): Promise<void> {
    await this.#ask(fields, signal, () => undefined)
  }

  async #ask<T>(fields: Fields, signal: AbortSignal, take: (answer: Answer) => T): Promise<T> {
    if (this.#failure !== undefined) throw this.#failure
    return abortable(signal, (resolve, reject) => {
      const pending: Pending = {
        // At once: events may be right behind it, in the same turn.
        answer: (answer) => {
          if (answer.type === 'request_error') reject(StreamingError.fromWire(answer))
          else resolve(take(answer))
        },
        refuse: reject,
      }
      const request_id = this.#nextId()
      const text = JSON.stringify({ ...fields, request_id })
      this.#pending.set(request_id, pending)
      this.#updateIdleTimer()
      const send = () => {
        const bytes = new TextEncoder().encode(text).length
        if (bytes <= this.#maxMessageBytes) return this.#sendText(text)
        this.#pending.delete(request_id)
        this.#updateIdleTimer()
        const message = `The request has ${bytes} bytes; this server takes ${this.#maxMessageBytes} over WebSocket.`
        reject(new StreamingError('invalid_request', message, { status: 413 }))
      }
      // A long one waits until the server has said how much it takes: it would close the socket for all streams.
      if (this.#isEstablished || text.length < LONG) send()
      else this.#early.push(send)
      return () => {
        this.#suspect(signal)
        // If nobody waits for it any more, the server detaches it again.
        pending.answer = ({ type, stream_id }) => {
          if (type === 'stream_attached' && !this.#readings.has(stream_id!)) this.#detach(stream_id!)
        }
      }
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
    // Another attachment takes the place of the one that is there.
    this.#end(streamId, new StreamingError('connection_lost'))
    this.#readings.set(streamId, reading)
    signal.addEventListener('abort', () => {
      this.#suspect(signal)
      reading.end(signal.reason)
      if (this.#readings.get(streamId) !== reading) return
      this.#readings.delete(streamId)
      if (!reading.hasEnded) this.#detach(streamId)
      this.#updateIdleTimer()
    })
    return reading
  }

  /** A socket that a session has given up as silent is not used for others until it sends something. */
  #suspect({ reason }: AbortSignal): void {
    this.#isSuspect ||= reason?.type === 'connection_lost'
  }

  #detach(streamId: string): void {
    this.#send({ type: 'detach_stream', request_id: this.#nextId(), stream_id: streamId })
  }

  #nextId(): string {
    return `${++this.#requests}`
  }

  /** Ends the reading of a stream: later messages of that stream are ignored. */
  #end(streamId: string, failure: StreamingError): void {
    this.#readings.get(streamId)?.end(failure)
    this.#readings.delete(streamId)
    this.#updateIdleTimer()
  }

  async #begin(): Promise<void> {
    const { init } = this.#options
    try {
      const payload = await init()
      if (payload !== undefined) {
        this.#socket.send(JSON.stringify({ type: 'connection_init', request_id: 'init', payload }))
      }
      for (const text of this.#waiting ?? []) this.#socket.send(text)
      this.#waiting = undefined
    } catch (thrown) {
      this.#fail(toFailure(thrown))
    }
  }

  #send(message: Fields): void {
    this.#sendText(JSON.stringify(message))
  }

  #sendText(text: string): void {
    if (this.#failure !== undefined) return
    if (this.#waiting === undefined) this.#socket.send(text)
    else this.#waiting.push(text)
  }

  #receive(data: unknown): void {
    if (this.#failure !== undefined) return
    this.#silentTicks = 0
    this.#isSuspect = false
    try {
      this.#take(JSON.parse(data as string))
    } catch (cause) {
      this.#fail(new StreamingError('protocol_error', 'That was no JSON.', { cause }))
    }
  }

  #take(message: Answer): void {
    const { type, request_id = '', stream_id = '' } = message
    const pending = this.#pending.get(request_id)
    this.#pending.delete(request_id)
    pending?.answer(message)
    if (type === 'ping') this.#pong()
    else if (type === 'connection_established') this.#established(message)
    else if (type === 'stream_detached') this.#detached(stream_id, message)
    else if (type === 'chunk_batch') this.#readings.get(stream_id)?.push(message.chunks ?? [])
    else if (message.chunk_id !== undefined) this.#readings.get(stream_id)?.push([message as StreamEvent])
    if (pending !== undefined) this.#updateIdleTimer()
  }

  #established({ ping_interval_ms, limits }: Answer): void {
    this.#isEstablished = true
    this.#maxStreams = limits?.max_streams ?? this.#maxStreams
    this.#maxWindow = limits?.max_window ?? this.#maxWindow
    this.#maxMessageBytes = limits?.max_message_bytes ?? this.#maxMessageBytes
    for (const send of this.#early.splice(0)) send()
    if (ping_interval_ms !== undefined) this.#expectEvery(ping_interval_ms)
  }

  #detached(streamId: string, { retry_after = 0 }: Answer): void {
    const retryAfterMs = retry_after * 1000
    this.#end(streamId, new StreamingError('connection_lost', undefined, { retryAfterMs }))
  }

  /**
   * So often the server says something, at the latest. Silence for longer is asked about; when nothing comes even
   * then, the line is dead. Its own ticks are counted, not time: a machine that sleeps has not been waiting.
   */
  #expectEvery(intervalMs: number): void {
    clearInterval(this.#ticking)
    this.#ticking = setInterval(() => {
      this.#silentTicks += 1
      if (this.#silentTicks === 3 && this.#waiting === undefined) this.#send({ type: 'ping' })
      else if (this.#silentTicks > 2) this.#fail(new StreamingError('connection_lost'))
    }, intervalMs / 2)
  }

  #pong(): void {
    this.#send({ type: 'pong' })
    for (const [, reading] of this.#readings) reading.alive()
  }

  /** Nothing to do for a while closes it. */
  #updateIdleTimer(): void {
    clearTimeout(this.#idle)
    if (this.#pending.size > 0 || this.#readings.size > 0 || this.#failure !== undefined) return
    this.#idle = setTimeout(() => this.#fail(new StreamingError('connection_closed')), this.#options.idleMs)
  }

  #closed({ code, reason }: WebSocketClosing): void {
    const error = closeError(code, reason)
    if (code === TOO_BIG) this.#refuseAll(error)
    this.isRefused = error.type === 'authentication' && !this.#isEstablished
    // Credentials that were good have expired: the next connection brings fresh ones, or is refused. And a message
    // that was too big is the fault of one alone.
    const isTransient = code === TOO_BIG || (error.type === 'authentication' && this.#isEstablished)
    this.#fail(isTransient ? new StreamingError('connection_lost', error.message) : error)
  }

  #refuseAll(error: unknown): void {
    for (const [, { refuse }] of this.#pending) refuse(error)
    this.#pending.clear()
  }

  #fail(failure: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = failure
    clearInterval(this.#ticking)
    clearTimeout(this.#idle)
    this.#unwatch()
    this.#options.onClose(this)
    this.#refuseAll(failure)
    for (const [, reading] of this.#readings) reading.end(failure)
    this.#readings.clear()
    this.#socket.close(1000)
  }
}
