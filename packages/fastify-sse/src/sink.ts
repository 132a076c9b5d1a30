import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { StreamingError } from '@sluice/core'
import {
  type Alarm,
  type Clock,
  type DetachReason,
  logError,
  type Sink,
  type StreamHandle,
  type Viewer,
} from '@sluice/core/server'
import { type Limit, randomRetryMs } from '@sluice/core/transport'
import type { FastifyBaseLogger } from 'fastify'
import { HEARTBEAT, retryField, type SseFraming } from './framing.ts'
import type { CheckedViewing } from './options.ts'
import { isClosed, isReplaced, reset, takesChunks } from './response.ts'
import type { EndingResponses } from './server.ts'

/** How a plugin serves its viewers: one object for all of them. */
export interface Serving {
  readonly viewing: CheckedViewing
  /** Counts the viewers of the plugin. */
  readonly viewers: Limit
  readonly ending: EndingResponses
}

/** How one viewer is served. */
export interface SinkOptions {
  readonly handle: StreamHandle
  /** The cursor of the viewer. */
  readonly after: number
  readonly framing: SseFraming
  /**
   * What a viewer of a wire gets before the next event; absent: Sluice's own protocol. Clients of wires take the
   * end of a body for the end of the answer, so only that ends it, and anything else cuts the connection.
   */
  readonly rest?: string | undefined
  readonly serving: Serving
  /** The response of the request. A hook may have put something between the body and it. */
  readonly response: ServerResponse
  /** The logger of the request. */
  readonly log: FastifyBaseLogger
}

/**
 * Writes the events of a stream for one viewer, with the fields that belong to no event: `retry:` and heartbeats. Each
 * subclass is one way of the bytes into the process's socket; the life of a viewer, and all its ends, are here.
 */
abstract class EventSink implements Sink {
  /** The form in which it takes frames. */
  protected abstract readonly form: keyof SseFraming
  readonly #options: SinkOptions
  readonly #clock: Clock
  readonly #heartbeat: Alarm
  readonly #openedAt: number
  #viewer: Viewer | undefined
  /** In whole milliseconds. The heartbeat compares it when it rings: to move an alarm for each frame costs more. */
  #lastWriteAt = 0
  #bytes = 0
  #isFull = false
  /** Whether the limit of the plugin counts it. */
  #isCounted = false
  /** Its connection, or the body that it wrote to, no longer exists. */
  #isGone = false
  /** Set while the end of the response is on its way. */
  #ending: Alarm | undefined

  constructor(options: SinkOptions) {
    this.#options = options
    this.#clock = options.serving.viewing.hub.clock
    this.#heartbeat = this.#clock.alarm(() => this.#beat())
    this.#openedAt = this.#clock.now()
  }

  /** Writes text or a frame. `false`: nothing more, until `ready`. */
  protected abstract send(data: Uint8Array | string): boolean
  /** Writes text that belongs to no event. `false`: as for `send`. */
  protected abstract say(text: string): boolean
  abstract unsentBytes(): number
  /** Ends its output. Written bytes still leave. */
  protected abstract finish(): void
  /** Gives up what was written. */
  protected abstract destroy(): void

  /** Begins to serve. */
  open(): void {
    const { handle, after, framing, rest, serving, response, log } = this.#options
    // A response whose client disconnected before the answer began emits no 'close' again, so the viewer would never end.
    if (isClosed(response)) {
      this.destroy()
      return
    }
    response.once('close', () => this.leave())
    this.#sayRetry()
    try {
      this.#isCounted = serving.viewers.take() === undefined
      if (!this.#isCounted) throw new StreamingError('capacity')
      const { viewing } = serving
      this.#viewer = handle.attach({ ...viewing, after, sink: this, framing: framing[this.form] })
      this.#heartbeat.setIn(viewing.heartbeatMs)
      if (rest) this.#isFull = !this.say(rest)
    } catch (error) {
      if (!(error instanceof StreamingError)) logError(log, {}, error, 'viewer not attached')
      // The header is sent. A client that sees an end without a terminal event reconnects, after the `retry:` time.
      if (this.#isWire) this.#cut()
      else this.#end()
    }
  }

  /** It can take more. */
  ready(): void {
    this.#isFull = false
    this.#viewer?.ready()
  }

  /** The connection, or the body, no longer exists. May be called more than once. */
  leave(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#ending?.clear()
    this.#viewer?.detach('left')
    if (this.#isCounted) this.#options.serving.viewers.release()
  }

  /** @internal Called by the viewer. */
  write(frame: Uint8Array): boolean {
    // Not all events are messages of a wire. A chunk of no bytes would end the body.
    if (frame.length === 0) return !this.#isFull
    this.#lastWriteAt = Math.ceil(this.#clock.now())
    this.#bytes += frame.length
    this.#isFull = !this.send(frame)
    return !this.#isFull
  }

  /** @internal Called by the viewer. */
  end(reason: DetachReason): void {
    this.#heartbeat.clear()
    this.#logEnd(reason)
    if (this.#isGone) return
    // A client that reads nothing would hold the buffered bytes without end. It can resume.
    if (reason !== 'ended' && (this.#isFull || this.#isWire)) this.#cut()
    else {
      // Clients that are disconnected together must not reconnect in the same instant.
      if (reason !== 'ended') this.#sayRetry()
      this.#end()
    }
  }

  get #isWire(): boolean {
    return this.#options.rest !== undefined
  }

  #cut(): void {
    const { response } = this.#options
    if (this.#isWire) reset(response)
    this.destroy()
    // A hook may have put something in between that does not hand on the end of what it reads.
    response.destroy()
    this.leave()
  }

  #sayRetry(): void {
    this.say(retryField(randomRetryMs(this.#options.serving.viewing.retryMs)))
  }

  /** Fastify logs a response that was finished, not one that was cut: this is the same line for both. */
  #logEnd(reason: DetachReason): void {
    const { handle, after, log } = this.#options
    log.info(
      {
        streamId: handle.record.streamId,
        reason,
        after,
        cursor: this.#viewer?.cursor,
        bytes: this.#bytes,
        durationMs: Math.round(this.#clock.now() - this.#openedAt),
      },
      'viewer left',
    )
  }

  /** No heartbeat is needed if bytes were written, or wait to be sent. */
  #beat(): void {
    const { heartbeatMs } = this.#options.serving.viewing
    const silentMs = this.#clock.now() - this.#lastWriteAt
    this.#heartbeat.setIn(silentMs < heartbeatMs ? heartbeatMs - silentMs : heartbeatMs)
    if (silentMs >= heartbeatMs && !this.#isFull) this.#isFull = !this.say(HEARTBEAT)
  }

  #end(): void {
    const { response, serving } = this.#options
    this.finish()
    serving.ending.add(response)
    // A client that never reads the rest would keep the socket open without end.
    this.#ending = this.#clock.alarm(() => response.destroy())
    this.#ending.setIn(serving.viewing.stallMs)
  }
}

/** Serves a viewer on a response whose header is written. */
export function serveOnResponse(options: SinkOptions): void {
  const { response } = options
  const socket = takesChunks(response) ? response.socket : null
  const sink = socket === null ? new ResponseSink(options) : new ChunkSink(options, socket)
  sink.open()
}

/** Into a response. */
class ResponseSink extends EventSink {
  protected override readonly form: keyof SseFraming = 'plain'
  readonly #response: ServerResponse
  readonly #highWaterMark: number
  readonly #isReplaced: boolean

  constructor(options: SinkOptions) {
    super(options)
    this.#response = options.response
    this.#highWaterMark = options.serving.viewing.highWaterMark
    this.#isReplaced = isReplaced(options.response)
  }

  protected override send(data: Uint8Array | string): boolean {
    return this.sendTo(this.#response, data)
  }

  protected override say(text: string): boolean {
    return this.sendTo(this.#response, text)
  }

  override unsentBytes(): number {
    return this.#response.writableLength
  }

  protected override finish(): void {
    this.#response.end()
  }

  protected override destroy(): void {
    this.#response.destroy()
  }

  protected sendTo(to: Writable, data: Uint8Array | string): boolean {
    if (this.#isReplaced) return this.#sendBy(to, data)
    if (to.writableLength + data.length < this.#highWaterMark) {
      to.write(data)
      return true
    }
    // Not 'drain': that event knows Node's own mark, and `highWaterMark` may be below it.
    to.write(data, () => this.ready())
    return false
  }

  /** A `write` that an application has put in place may not hand the callback on. It has to say when it is full. */
  #sendBy(to: Writable, data: Uint8Array | string): boolean {
    if (to.write(data) !== false && !to.writableNeedDrain) return true
    to.once('drain', () => this.ready())
    return false
  }
}

/**
 * Past the response, into its socket. Node makes four writes of a chunk (RFC 9112 §7.1), and keeps account of each; this
 * is one. The header, the beginning and the end of the body are the response's own.
 */
class ChunkSink extends ResponseSink {
  protected override readonly form = 'chunked'
  readonly #socket: Socket

  constructor(options: SinkOptions, socket: Socket) {
    super(options)
    this.#socket = socket
  }

  protected override send(chunk: Uint8Array): boolean {
    // If a client has closed its half of the connection, Node closes ours behind what still waits: a write would only be
    // an error. 'close' comes when the rest has left; if it never leaves, the stall timeout ends it.
    return this.#socket.writable && this.sendTo(this.#socket, chunk)
  }
}

/** Into a `Readable` that an `onSend` hook has replaced, or listens to: Fastify, or the hook, moves the bytes on. */
export class BodySink extends EventSink {
  protected override readonly form = 'plain'
  readonly #body: Readable

  constructor(options: SinkOptions, body: Readable) {
    super(options)
    this.#body = body
  }

  protected override send(data: Uint8Array | string): boolean {
    return this.#body.push(data)
  }

  protected override say(text: string): boolean {
    return this.#body.push(text)
  }

  override unsentBytes(): number {
    return this.#body.readableLength
  }

  protected override finish(): void {
    this.#body.push(null)
  }

  protected override destroy(): void {
    this.#body.destroy()
  }
}
