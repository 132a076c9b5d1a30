import { randomBytes } from 'node:crypto'
import { ERROR_TYPES, StreamingError, toStreamingError } from '@sluice/core'
import type { Alarm } from '@sluice/core/server'
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
import { Streams } from './streams.ts'
import { wireOf } from './wire.ts'

/** How long a client may take to answer a close, in milliseconds, before its socket is cut. */
export const LINGER_MS = 1_000

/** What a connection is made of. */
export interface ConnectionOptions {
  readonly socket: Socket
  readonly request: FastifyRequest
  readonly options: CheckedOptions
  readonly connections: Connections
  readonly limits: ConnectionLimits
}

/** How many connections the plugin serves at once, in all and of each owner. */
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
  /** Of its opening, and of its closing. */
  readonly #deadline: Alarm
  /** Whether the limit on all connections counts it. */
  #isCounted = false
  /** The owner whose limit counts it. */
  #countedFor: string | undefined
  #streams: Streams | undefined
  #state: 'opening' | 'open' | 'closing' | 'closed' = 'opening'
  /** Of the `connection_init` that nobody waited for. */
  #initId: string | undefined
  #lastSeenAt = this.#connectedAt
  #isSilent = false

  /** Listens from here on: a message may be there before anything has been awaited. */
  constructor(given: ConnectionOptions) {
    const { socket, request, options, connections } = given
    const { clock } = options.hub
    this.#given = given
    this.#identity = new Identity(options, request)
    const onStalled = () => this.close(CLOSE.slowConsumer, 'The socket takes nothing.')
    this.#outbox = new Outbox(wireOf(socket, request.raw.socket), options, onStalled)
    this.#inbox = new Inbox(this, options)
    this.#heartbeat = clock.alarm(() => this.#beat())
    this.#revalidation = clock.alarm(() => void this.#revalidate())
    this.#deadline = clock.alarm(() => this.#late())
    connections.join(this)
    socket.on('message', (data, isBinary) => this.#received(data, isBinary))
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

  /** Begins, if the server has room for it. */
  open(): void {
    const { connections, socket, options } = this.#given
    if (socket.protocol !== SUBPROTOCOL) {
      this.close(CLOSE.subprotocol, `The subprotocol has to be ${SUBPROTOCOL}.`)
    } else if (connections.isClosing) {
      this.close(CLOSE.shuttingDown, 'The server is shutting down.')
    } else if (!this.#countIn()) {
      this.close(CLOSE.capacity, 'The server has no room for a connection.')
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

  /** Its client has not answered the close. Of a server that shuts down it may still be reading what came before. */
  #cut(): void {
    const { connections, options, socket } = this.#given
    const isLeaving = this.#outbox.unsentBytes > 0 && options.hub.clock.now() < connections.closeBy
    if (isLeaving) this.#deadline.setIn(LINGER_MS)
    else socket.terminate()
  }

  /** The server shuts down: closes as soon as nothing is read here, and nothing asked. */
  closeWhenIdle(): void {
    this.#closeIfDone()
  }

  #received(data: Uint8Array, isBinary: boolean): void {
    if (this.#state === 'closing' || this.#state === 'closed') return
    this.#lastSeenAt = Date.now()
    this.#isSilent = false
    this.#inbox.take(data, isBinary)
  }

  /** @internal */
  get isInitAwaited(): boolean {
    return this.#identity.isAwaited
  }

  /** @internal */
  send(message: ServerMessage): void {
    this.#outbox.send(message)
  }

  /** @internal It is answered also if the server does not authenticate by it. */
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
        this.close(CLOSE.capacity, 'You have as many connections as you may.')
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

  /** A peer that has said nothing since it was asked is gone; unless the question has not even left. */
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

  /** Nobody who may be here, or the application could not say. */
  #refuse(thrown: unknown): void {
    const error = toStreamingError(thrown)
    const isDefect = error.type === 'unexpected_error'
    if (isDefect) this.failed(error)
    // A refusal of the application's own that has no code is one for good.
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
    this.#given.request.log.error({ err: error.cause ?? error, connectionId: this.id }, 'connection failed')
  }

  /** What `ws` refuses (a message too big, a frame that is none) it closes itself, with the code for it. */
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

  /** Nothing more is sent or served. */
  #letGo(state: 'closing' | 'closed'): void {
    this.#state = state
    this.#heartbeat.clear()
    this.#revalidation.clear()
    this.#deadline.clear()
    this.#outbox.close()
    this.#streams?.close()
  }
}
