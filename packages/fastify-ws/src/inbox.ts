import { type StreamingError, toStreamingError } from '@sluice/core'
import { CLOSE } from './close-codes.ts'
import {
  checkMessage,
  type Message,
  plainAck,
  type RawMessage,
  type RequestMessage,
  readMessage,
} from './messages.ts'
import type { CheckedOptions } from './options.ts'
import { RateLimit } from './rate-limit.ts'
import { RequestIds } from './request-ids.ts'
import type { ServerMessage } from './server-messages.ts'
import type { Streams } from './streams.ts'

/** The connection, as an {@link Inbox} uses it. */
export interface InboxConnection {
  /** Whether only `connection_init` is allowed now. */
  readonly isInitAwaited: boolean
  send(message: ServerMessage): void
  close(code: number, reason: string): void
  /** @throws {StreamingError} if it is not allowed now. */
  init(message: Message<'connection_init'>): void
  /** A request was answered. */
  answered(): void
  /** Called with an error that is not a `StreamingError`. */
  failed(error: StreamingError): void
}

/** Bound on messages that wait until the owner of the connection is known, in messages of the greatest length. */
const MAX_EARLY_MESSAGES = 4

/** Reads the messages of one socket: bounds, checks and answers them. */
export class Inbox {
  /** Messages that were received. */
  received = 0
  readonly #connection: InboxConnection
  readonly #options: CheckedOptions
  readonly #rate: RateLimit
  readonly #requestIds: RequestIds
  #streams: Streams | undefined
  /** Messages that were received before the owner was known. */
  #early: RawMessage[] = []
  #earlyBytes = 0

  constructor(connection: InboxConnection, options: CheckedOptions) {
    const { hub, messagesPerSecond, maxPendingRequests } = options
    this.#connection = connection
    this.#options = options
    this.#rate = new RateLimit(messagesPerSecond, hub.clock.now)
    this.#requestIds = new RequestIds(maxPendingRequests)
  }

  /** Whether a request waits for its answer. */
  get isBusy(): boolean {
    return this.#requestIds.pending > 0
  }

  /** Serves from now on, the waiting messages first. */
  open(streams: Streams): void {
    this.#streams = streams
    const early = this.#early
    this.#early = []
    for (const raw of early) this.#guarded(() => this.#serve(raw, streams))
  }

  /** Takes a message. Invalid input is answered with an error; a violation of the protocol closes the connection. */
  take(data: Uint8Array, isBinary: boolean): void {
    this.received += 1
    if (!this.#rate.take()) this.#connection.close(CLOSE.rateLimit, 'Too many messages.')
    else if (data.length > this.#options.maxMessageBytes)
      this.#connection.close(CLOSE.tooBig, 'The message is too big.')
    else this.#guarded(() => this.#take(readMessage(data, isBinary), data.length))
  }

  /** Counts a ping or a pong of the WebSocket protocol itself, which `ws` has answered: it costs as much as a message. */
  takeControl(): void {
    if (!this.#rate.take()) this.#connection.close(CLOSE.rateLimit, 'Too many messages.')
  }

  #take(raw: RawMessage, bytes: number): void {
    if (raw.type === 'pong') return
    const connection = this.#connection
    if (raw.type === 'ping') connection.send({ type: 'pong' })
    else if (raw.type === 'connection_init') {
      const message = this.#checked(raw, 'connection_init')
      if (message !== undefined) connection.init(message)
    } else if (this.#streams !== undefined) this.#serve(raw, this.#streams)
    else if (connection.isInitAwaited)
      connection.close(CLOSE.notAuthenticated, 'connection_init has to come first.')
    else this.#keep(raw, bytes)
  }

  /** Keeps a message until the owner of the connection is known. */
  #keep(raw: RawMessage, bytes: number): void {
    const { maxPendingRequests, maxMessageBytes } = this.#options
    this.#early.push(raw)
    this.#earlyBytes += bytes
    const isTooMuch =
      this.#early.length > maxPendingRequests || this.#earlyBytes > MAX_EARLY_MESSAGES * maxMessageBytes
    if (isTooMuch) this.#connection.close(CLOSE.rateLimit, 'Too many messages before connection_established.')
  }

  #serve(raw: RawMessage, streams: Streams): void {
    if (raw.type === 'chunk_ack') {
      const ack = plainAck(raw) ?? this.#checked(raw, 'chunk_ack')
      if (ack !== undefined) streams.ack(ack)
      return
    }
    const request = this.#checked(raw, raw.type as RequestMessage['type'])
    if (request !== undefined) void this.#answer(request, streams)
  }

  /** Never rejects. */
  async #answer(request: RequestMessage, streams: Streams): Promise<void> {
    const { request_id } = request
    try {
      this.#requestIds.begin(request_id)
    } catch (refusal) {
      this.#refuse(refusal, { request_id })
      return
    }
    try {
      await streams.answer(request)
    } catch (thrown) {
      this.#refuse(thrown, { request_id })
    }
    this.#requestIds.end()
    this.#connection.answered()
  }

  /** The message with its fields. If they are not valid, answers with the error. */
  #checked<Type extends RawMessage['type']>(raw: RawMessage, type: Type): Message<Type> | undefined {
    try {
      return checkMessage({ ...raw, type })
    } catch (refusal) {
      this.#refuse(refusal, { request_id: nameIn(raw, 'request_id'), stream_id: nameIn(raw, 'stream_id') })
      return undefined
    }
  }

  #refuse(thrown: unknown, about: { request_id?: string | undefined; stream_id?: string | undefined }): void {
    const error = toStreamingError(thrown)
    if (error.type === 'unexpected_error') this.#connection.failed(error)
    const { request_id, stream_id } = about
    this.#connection.send({
      type: 'request_error',
      ...(request_id === undefined ? {} : { request_id }),
      ...(request_id !== undefined || stream_id === undefined ? {} : { stream_id }),
      ...error.toWire(),
    })
  }

  #guarded(act: () => void): void {
    try {
      act()
    } catch (thrown) {
      const error = toStreamingError(thrown)
      const isBreach = error.type === 'protocol_error'
      if (!isBreach) this.#connection.failed(error)
      this.#connection.close(isBreach ? CLOSE.protocolError : CLOSE.internalError, error.message)
    }
  }
}

/** A field, if it can be repeated in an answer. */
function nameIn(raw: RawMessage, field: 'request_id' | 'stream_id'): string | undefined {
  const value = raw[field]
  return typeof value === 'string' && value.length <= 128 ? value : undefined
}
