import { StreamingError } from '@sluice/core'
import type { DetachReason, StreamHandle } from '@sluice/core/server'
import { randomRetryMs, scopeOfParams } from '@sluice/core/transport'
import type { FastifyRequest } from 'fastify'
import { Attachment, type AttachmentInfo } from './attachment.ts'
import type { Message, RequestMessage } from './messages.ts'
import type { CheckedOptions } from './options.ts'
import type { Outbox } from './outbox.ts'

/** The connection, as {@link Streams} use it. */
export interface StreamsOptions {
  readonly options: CheckedOptions
  readonly request: FastifyRequest
  readonly outbox: Outbox
  readonly owner: string | undefined
  /** Called if a stream was detached and no request is open: the connection may have nothing left to do. */
  readonly onLeft: () => void
}

/** How many of the latest starts can be cancelled by their `request_id`. */
const KNOWN_STARTS = 256

const NOTHING_RUNS = 'thread: no stream runs in it, or it is not yours.'

/** The streams that one connection starts, reads, stops and leaves. */
export class Streams {
  /** Acks that were ignored: of chunks never sent, or of streams that are not read here. */
  acksRefused = 0
  readonly #options: StreamsOptions
  /** The URL of the socket may have parameters: a tenant, a room. */
  readonly #scope: string | null
  readonly #attachments = new Map<string, Attachment>()
  /** By `request_id`. Insertion order is the order in which they came. */
  readonly #starts = new Map<string, Promise<StreamHandle>>()
  /** Attachments that are not finished. They count, because a burst of requests would pass the limit otherwise. */
  #arriving = 0
  /** Events that were sent of streams that are not read any more. */
  #chunksSent = 0
  #isClosed = false
  readonly #onEnd = (attachment: Attachment, reason: DetachReason): void => this.#ended(attachment, reason)

  constructor(options: StreamsOptions) {
    this.#options = options
    this.#scope = scopeOfParams(options.request.params)
  }

  get size(): number {
    return this.#attachments.size
  }

  /** Events that were sent. */
  get chunksSent(): number {
    let chunks = this.#chunksSent
    for (const { chunksSent } of this.#attachments.values()) chunks += chunksSent
    return chunks
  }

  get info(): readonly AttachmentInfo[] {
    return [...this.#attachments.values()].map(({ info }) => info)
  }

  /**
   * Does what a request asks for, and answers it.
   * @throws {StreamingError} that the connection sends as the answer.
   */
  async answer(message: RequestMessage): Promise<void> {
    switch (message.type) {
      case 'stream_request':
        return this.#arrive(undefined, () => this.#start(message))
      case 'resume_stream':
        return this.#arrive(message.stream_id, () => this.#resume(message))
      case 'attach_thread':
        return this.#arrive(undefined, () => this.#attachThread(message))
      case 'cancel_stream':
        return this.#cancel(message)
      case 'detach_stream':
        this.#detach(message)
    }
  }

  /** An invalid ack changes nothing; the next valid one makes up for it. */
  ack({ stream_id, chunk_id, limit, queue_length }: Message<'chunk_ack'>): void {
    const attachment = this.#attachments.get(stream_id)
    if (attachment === undefined) {
      this.acksRefused += 1
      return
    }
    if (queue_length !== undefined) attachment.queueLength = queue_length
    if (attachment.ack({ chunkId: chunk_id, limit }).kind === 'refused') this.acksRefused += 1
  }

  /** Asks again whether each stream may still be read, and detaches from those that may not. */
  async revalidate(): Promise<void> {
    const { hub, authorize } = this.#options.options
    const { owner } = this.#options
    for (const attachment of [...this.#attachments.values()]) {
      const { streamId } = attachment
      try {
        await hub.find({ streamId, owner, authorize })
      } catch {
        // Refused, or no longer there: in both cases this connection may not read it.
        if (this.#attachments.get(streamId) !== attachment) continue
        this.#release(attachment)
        this.#options.outbox.send({ type: 'stream_detached', stream_id: streamId, reason: 'revoked' })
      }
    }
  }

  /** Detaches from all without a message: the connection sends one for all. */
  close(): void {
    this.#isClosed = true
    for (const attachment of [...this.#attachments.values()]) this.#release(attachment)
    this.#starts.clear()
  }

  /** Counts one more attachment, if the limit allows it. */
  async #arrive(replaced: string | undefined, attach: () => Promise<void>): Promise<void> {
    const isAnother = replaced === undefined || !this.#attachments.has(replaced)
    const { maxStreamsPerConnection } = this.#options.options
    if (isAnother && this.#attachments.size + this.#arriving >= maxStreamsPerConnection) {
      throw new StreamingError(
        'rate_limit',
        `This connection has ${maxStreamsPerConnection} streams, as many as it may.`,
        { retryAfterMs: 1000 },
      )
    }
    this.#arriving += 1
    try {
      await attach()
    } finally {
      this.#arriving -= 1
    }
  }

  async #start(message: Message<'stream_request'>): Promise<void> {
    const started = this.#startInHub(message)
    this.#starts.set(message.request_id, started)
    if (this.#starts.size > KNOWN_STARTS) this.#starts.delete(this.#starts.keys().next().value!)
    this.#attach(message, await started, 0)
  }

  async #startInHub(message: Message<'stream_request'>): Promise<StreamHandle> {
    const { options, request, owner } = this.#options
    const context = await options.context?.(request)
    const { authorize, hub } = options
    const { stream, input, thread, idempotency_key: idempotencyKey } = message
    return hub.start({
      stream,
      input,
      owner,
      authorize,
      scope: this.#scope,
      idempotencyKey,
      thread,
      context,
    })
  }

  async #resume(message: Message<'resume_stream'>): Promise<void> {
    const { options, owner } = this.#options
    const { authorize, hub } = options
    const handle = await hub.find({ streamId: message.stream_id, scope: this.#scope, owner, authorize })
    this.#attach(message, handle, message.last_chunk_id)
  }

  async #attachThread(message: Message<'attach_thread'>): Promise<void> {
    const { options, owner } = this.#options
    const { stream, thread } = message
    const handle = await options.hub.latest({
      stream,
      owner,
      thread,
      scope: this.#scope,
      authorize: options.authorize,
    })
    if (handle === undefined || handle.ended) throw new StreamingError('not_found', NOTHING_RUNS)
    this.#attach(message, handle, 0)
  }

  #attach(
    { request_id, window }: RequestMessage & { window?: number | undefined },
    handle: StreamHandle,
    after: number,
  ): void {
    if (this.#isClosed) return
    const { options, outbox } = this.#options
    const attachment = new Attachment({ options, handle, after, window, outbox, onEnd: this.#onEnd })
    const { streamId } = attachment
    const replaced = this.#attachments.get(streamId)
    this.#attachments.set(streamId, attachment)
    replaced?.leave()
    const { ended, last } = handle
    outbox.send({ type: 'stream_attached', request_id, stream_id: streamId, ended, last_chunk_id: last })
  }

  async #cancel(message: Message<'cancel_stream'>): Promise<void> {
    const { options, owner, outbox } = this.#options
    const { hub, authorize } = options
    const place = { scope: this.#scope, owner, authorize }
    const { request_id, stream_id, start_request_id, stream, idempotency_key, thread } = message
    if (stream !== undefined && idempotency_key !== undefined) {
      await hub.cancelByKey({ ...place, stream, idempotencyKey: idempotency_key })
    } else if (stream !== undefined && thread !== undefined) {
      await hub.cancelLatest({ ...place, stream, thread })
    } else {
      const streamId = stream_id ?? (await this.#idOfStart(start_request_id!))
      await hub.cancel({ ...place, streamId })
    }
    outbox.send({ type: 'stream_cancel_accepted', request_id })
  }

  async #idOfStart(requestId: string): Promise<string> {
    const started = this.#starts.get(requestId)
    if (started !== undefined) return (await started).record.streamId
    throw new StreamingError('not_found', 'start_request_id: no start of this connection had it.')
  }

  /** If it is not attached, it has left already: the stream has ended, or two messages have crossed. */
  #detach({ request_id, stream_id }: Message<'detach_stream'>): void {
    const attachment = this.#attachments.get(stream_id)
    if (attachment !== undefined) this.#release(attachment)
    this.#options.outbox.send({ type: 'stream_detached', request_id, stream_id, reason: 'left' })
  }

  /** Removes it from the list first, so that its end sends no message of its own. */
  #release(attachment: Attachment): void {
    this.#attachments.delete(attachment.streamId)
    attachment.leave()
  }

  #ended(attachment: Attachment, reason: DetachReason): void {
    this.#chunksSent += attachment.chunksSent
    const { streamId } = attachment
    // It was replaced, or left.
    if (this.#attachments.get(streamId) !== attachment) return
    this.#attachments.delete(streamId)
    // The terminal event tells the client.
    if (reason !== 'ended') {
      const retry_after = this.#retryAfter(reason)
      this.#options.outbox.send({ type: 'stream_detached', stream_id: streamId, reason, ...retry_after })
    }
    this.#options.onLeft()
  }

  /** Clients that are disconnected together must not reconnect in the same instant. */
  #retryAfter(reason: DetachReason): { retry_after?: number } {
    if (reason !== 'shutting_down' && reason !== 'pressure') return {}
    const { retryMs } = this.#options.options
    return { retry_after: randomRetryMs(retryMs) / 1000 }
  }
}
