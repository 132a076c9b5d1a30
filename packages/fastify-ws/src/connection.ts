import { randomBytes } from 'node:crypto'
import { ERROR_TYPES, StreamingError, toStreamingError } from '@sluice/core'
import { type Alarm, logError } from '@sluice/core/server'
import type { Limit } from '@sluice/core/transport'
import type { FastifyRequest } from 'fastify'
import { CLOSE } from './close-codes.ts'
import type { ConnectionInfo, Connections, RegisteredConnection } from './connections.ts'
import { Identity } from './identity.ts'
import { Inbox, type InboxConnection } from './inbox.ts'
import type { Message } from './messages.ts'
import type { CheckedOptions } from './options.ts'
import { Outbox } from './outbox.ts'
import type { ServerMessage } from './server-messages.ts'
import { closeReason, type Socket, SUBPROTOCOL } from './socket.ts'
import { writerFor } from './socket-writer.ts'
import { Streams } from './streams.ts'

/** How long a client may take to answer a close, in milliseconds, before its socket is cut. */
export const LINGER_MS = 1_000

/** Options of a {@link Connection}. */
export interface ConnectionOptions {
  readonly socket: Socket
  readonly request: FastifyRequest
  readonly options: CheckedOptions
  readonly connections: Connections
  readonly limits: ConnectionLimits
}

/** Limits on the open connections of the plugin: of all, and of each owner. */
export interface ConnectionLimits {
  readonly connections: Limit
  readonly ofOwner: Limit
}

/** One socket, from its opening to its end. */
export class Connection implements RegisteredConnection, InboxConnection {
  readonly id = randomBytes(16).toString('base64url')
  readonly #given: ConnectionOptions
  readonly #identity: Identity
  readonly #outbox: Outbox
  readonly #inbox: Inbox
  readonly #connectedAt = Date.now()
  readonly #heartbeat: Alarm
  readonly #revalidation: Alarm
  /** The deadline of its opening, later of its closing. */
  readonly #deadline: Alarm
  /** Whether the limit on all connections counts it. */
  #isCounted = false
  /** The owner whose limit counts it. */
  #countedFor: string | undefined
  #streams: Streams | undefined
  #state: 'opening' | 'open' | 'closing' | 'closed' = 'opening'
  /** The `request_id` of a `connection_init` that was not required. */
  #initId: string | undefined
  #lastSeenAt = this.#connectedAt
  #isSilent = false

  /** Adds its listeners at once: a message may arrive before anything has been awaited. */
  constructor(given: ConnectionOptions) {
    const { socket, request, options, connections } = given
    const { clock } = options.hub
    this.#given = given
    this.#identity = new Identity(options, request)
    const onStalled = () => this.close(CLOSE.slowConsumer, 'The client reads too slowly.')
    this.#outbox = new Outbox(writerFor(socket, request.raw.socket), options, onStalled)
    this.#inbox = new Inbox(this, options)
    this.#heartbeat = clock.alarm(() => this.#beat())
    this.#revalidation = clock.alarm(() => void this.#revalidate())
    this.#deadline = clock.alarm(() => this.#late())
    connections.join(this)
    socket.on('message', (data, isBinary) => this.#received(data, isBinary))
    socket.on('ping', () => this.#controlled())
    socket.on('pong', () => this.#controlled())
    socket.on('error', (error) => this.#broken(error))
    socket.on('close', (code) => this.#closed(code))
  }

  get owner(): string | undefined {
    return this.#identity.owner
  }

  get info(): ConnectionInfo {
    return {
      connectionId: this.id,
      owner: this.owner,
      connectedAt: this.#connectedAt,
      lastSeenAt: this.#lastSeenAt,
      streams: this.#streams?.info ?? [],
      chunksSent: this.#streams?.chunksSent ?? 0,
      bytesSent: this.#outbox.bytesSent,
      unsentBytes: this.#outbox.unsentBytes,
      messagesReceived: this.#inbox.received,
      acksRefused: this.#streams?.acksRefused ?? 0,
    }
  }

  /** Begins, if the limits of the plugin allow it. */
  open(): void {
    const { connections, socket, options } = this.#given
    if (socket.protocol !== SUBPROTOCOL) {
      this.close(CLOSE.subprotocol, `The subprotocol has to be ${SUBPROTOCOL}.`)
    } else if (connections.isClosing) {
      this.close(CLOSE.shuttingDown, 'The server is shutting down.')
    } else if (!this.#countIn()) {
      this.close(CLOSE.capacity, 'The server has reached its connection limit.')
    } else {
      this.#deadline.setIn(options.authenticateWithinMs)
      if (!this.#identity.isByMessage) void this.#establish()
    }
  }

  #countIn(): boolean {
    this.#isCounted = this.#given.limits.connections.take() === undefined
    return this.#isCounted
  }

  #countInFor(owner: string): boolean {
    const isCounted = this.#given.limits.ofOwner.take(owner) === undefined
    if (isCounted) this.#countedFor = owner
    return isCounted
  }

  /** A socket closes once. */
  #countOut(): void {
    const { limits } = this.#given
    if (this.#isCounted) limits.connections.release()
    if (this.#countedFor !== undefined) limits.ofOwner.release(this.#countedFor)
  }

  /** Closes the socket, and cuts it if its client does not answer. */
  close(code: number, reason: string): void {
    if (this.#state === 'closing' || this.#state === 'closed') return
    this.#letGo('closing')
    this.#given.socket.close(code, closeReason(reason))
    this.#deadline.setIn(LINGER_MS)
  }

  #late(): void {
    if (this.#state === 'opening') this.close(CLOSE.timeout, 'connection_init did not come in time.')
    else this.#cut()
  }

  /** Its client has not answered the close. If the server shuts down, the client may still be reading earlier messages. */
  #cut(): void {
    const { connections, options, socket } = this.#given
    const isLeaving = this.#outbox.unsentBytes > 0 && options.hub.clock.now() < connections.closeBy
    if (isLeaving) this.#deadline.setIn(LINGER_MS)
    else socket.terminate()
  }

  /** Closes as soon as no stream is read and no request is open, because the server shuts down. */
  closeWhenIdle(): void {
    this.#closeIfDone()
  }

  #received(data: Uint8Array, isBinary: boolean): void {
    if (this.#state === 'closing' || this.#state === 'closed') return
    this.#lastSeenAt = Date.now()
    this.#isSilent = false
    this.#inbox.take(data, isBinary)
  }

  /** A ping or a pong of WebSocket's own is no sign of life: a proxy may have sent it. */
  #controlled(): void {
    if (this.#state === 'closing' || this.#state === 'closed') return
    this.#inbox.takeControl()
  }

  /** @internal */
  get isInitAwaited(): boolean {
    return this.#identity.isAwaited
  }

  /** @internal */
  send(message: ServerMessage): void {
    this.#outbox.send(message)
  }

  /** @internal It is answered even if the application does not authenticate by it. */
  init({ request_id, payload }: Message<'connection_init'>): void {
    if (!this.#identity.init(payload)) {
      throw new StreamingError('protocol_error', 'connection_init comes once, and first.')
    }
    this.#initId = request_id
    if (this.#identity.isByMessage) void this.#establish()
    else if (this.#state === 'open') this.#sayEstablished()
  }

  /** Never rejects. */
  async #establish(): Promise<void> {
    const { options, request } = this.#given
    try {
      const owner = await this.#identity.ask()
      if (this.#state !== 'opening') return
      if (owner !== undefined && !this.#countInFor(owner)) {
        this.close(CLOSE.capacity, 'You have reached your connection limit.')
        return
      }
      this.#state = 'open'
      this.#deadline.clear()
      this.#heartbeat.setIn(options.heartbeatMs)
      this.#revalidation.setIn(options.revalidateMs)
      this.#sayEstablished()
      const onLeft = () => this.#closeIfDone()
      this.#streams = new Streams({ options, request, owner, outbox: this.#outbox, onLeft })
      this.#inbox.open(this.#streams)
    } catch (thrown) {
      this.#refuse(thrown)
    }
  }

  #sayEstablished(): void {
    const { options } = this.#given
    this.#outbox.send({
      type: 'connection_established',
      ...(this.#initId === undefined ? {} : { request_id: this.#initId }),
      connection_id: this.id,
      ping_interval_ms: options.heartbeatMs,
      limits: {
        max_streams: options.maxStreamsPerConnection,
        max_window: options.maxWindow,
        max_message_bytes: options.maxMessageBytes,
        messages_per_second: options.messagesPerSecond,
        max_pending_requests: options.maxPendingRequests,
      },
    })
  }

  /** A peer that has sent nothing since its ping is gone, unless the ping itself is still unsent. */
  #beat(): void {
    if (this.#isSilent && this.#outbox.unsentBytes === 0) {
      this.close(CLOSE.timeout, 'The ping was not answered.')
      return
    }
    this.#isSilent = true
    this.#outbox.send({ type: 'ping' })
    this.#heartbeat.setIn(this.#given.options.heartbeatMs)
  }

  /** Never rejects. */
  async #revalidate(): Promise<void> {
    try {
      await this.#identity.ask()
      await this.#streams?.revalidate()
      if (this.#state === 'open') this.#revalidation.setIn(this.#given.options.revalidateMs)
    } catch (thrown) {
      this.#refuse(thrown)
    }
  }

  /** The client is refused, or the application's own check failed. */
  #refuse(thrown: unknown): void {
    const error = toStreamingError(thrown)
    const isDefect = error.type === 'unexpected_error'
    if (isDefect) this.failed(error)
    // A refusal of the application that has no code is permanent.
    const otherwise = isDefect ? CLOSE.internalError : CLOSE.forbidden
    this.close(ERROR_TYPES[error.type].closeCode ?? otherwise, error.message)
  }

  /** @internal */
  answered(): void {
    this.#closeIfDone()
  }

  #closeIfDone(): void {
    if (!this.#given.connections.isClosing || (this.#streams?.size ?? 0) > 0 || this.#inbox.isBusy) return
    this.close(CLOSE.shuttingDown, 'The server is shutting down.')
  }

  /** @internal */
  failed(error: StreamingError): void {
    const { log } = this.#given.request
    logError(log, { connectionId: this.id }, error.cause ?? error, 'connection failed')
  }

  /** `ws` closes the socket itself, with the right code, if a message is too large or a frame is invalid. */
  #broken(error: Error): void {
    this.#given.request.log.debug({ err: error, connectionId: this.id }, 'socket failed')
    this.close(CLOSE.protocolError, 'The connection failed.')
  }

  #closed(code: number): void {
    const { chunksSent, bytesSent, messagesReceived, connectionId } = this.info
    this.#letGo('closed')
    this.#countOut()
    this.#given.connections.leave(this)
    this.#given.request.log.info(
      {
        connectionId,
        code,
        chunksSent,
        bytesSent,
        messagesReceived,
        durationMs: Date.now() - this.#connectedAt,
      },
      'connection closed',
    )
  }

  /** Ends everything: nothing more is sent or served. */
  #letGo(state: 'closing' | 'closed'): void {
    this.#state = state
    this.#heartbeat.clear()
    this.#revalidation.clear()
    this.#deadline.clear()
    this.#outbox.close()
    this.#streams?.close()
  }
}
