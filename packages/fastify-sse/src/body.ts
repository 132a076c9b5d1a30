import { Readable, type Writable } from 'node:stream'
import { StreamingError } from '@sluice/core'
import type { Alarm, DetachReason, Sink, StreamHandle, Viewer, Wheel } from '@sluice/core/server'
import type { FastifyBaseLogger } from 'fastify'
import type { Departures } from './departures.ts'
import { HEARTBEAT, retryField, type SseFraming } from './framing.ts'
import type { Checked, ViewingOptions } from './options.ts'
import { isResponse, type Outlet, readableOutlet, responseOutlet } from './outlet.ts'
import type { Seats } from './seats.ts'

/** How one viewer is served. */
export interface BodyOptions {
  readonly handle: StreamHandle
  readonly after: number
  readonly framing: SseFraming
  readonly viewing: Checked<ViewingOptions>
  readonly seats: Seats
  readonly departures: Departures
  /** The request's own. */
  readonly log: FastifyBaseLogger
}

/**
 * The body of an event stream, as Fastify takes one: a `Readable`, so that `onSend` hooks see it and headers that
 * others have set survive. Piped to a response, frames are written straight to it: a `Readable`'s own buffer and
 * events would cost more for each chunk than everything before them.
 */
export class EventStreamBody extends Readable implements Sink {
  readonly #options: BodyOptions
  readonly #wheel: Wheel
  readonly #heartbeat: Alarm
  #outlet: Outlet | undefined
  /** Where it is piped to one. */
  #response: Writable | undefined
  #viewer: Viewer | undefined
  #openedAt = 0
  /** In whole milliseconds. The heartbeat looks at it when it rings: to move an alarm for each frame costs more. */
  #lastWriteAt = 0
  #bytes = 0
  #isFull = false
  #hasSeat = false

  constructor(options: BodyOptions) {
    super({ highWaterMark: options.viewing.highWaterMark })
    this.#options = options
    this.#wheel = options.viewing.hub.wheel
    this.#heartbeat = this.#wheel.alarm(() => this.#beat())
  }

  override pipe<Destination extends NodeJS.WritableStream>(
    destination: Destination,
    options?: { end?: boolean },
  ): Destination {
    if (!isResponse(destination) || options?.end === false) return super.pipe(destination, options)
    this.#response = destination
    destination.emit('pipe', this)
    this.#open(responseOutlet(destination, this.#options.viewing.highWaterMark, () => this.#ready()))
    return destination
  }

  override _read(): void {
    if (this.#outlet !== undefined) this.#ready()
    else this.#open(readableOutlet(this))
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#viewer?.detach('left')
    if (this.#hasSeat) this.#options.seats.leave()
    callback(error)
  }

  /** @internal Called by the viewer. */
  write(frame: Uint8Array): boolean {
    this.#lastWriteAt = Math.ceil(this.#wheel.now())
    this.#bytes += frame.length
    this.#isFull = !this.#outlet!.write(frame)
    return !this.#isFull
  }

  /** @internal Called by the hub. */
  unsentBytes(): number {
    return this.#outlet?.unsentBytes() ?? 0
  }

  /** @internal Called by the viewer. */
  end(reason: DetachReason): void {
    this.#heartbeat.clear()
    this.#logEnd(reason)
    if (this.destroyed) return
    // Somebody who takes nothing would hold what is buffered for ever. It can resume.
    if (this.#isFull && reason !== 'ended') this.#outlet?.destroy()
    else {
      // All those who are let go together come back: not in the same instant.
      if (reason !== 'ended') this.#sayWhenToComeBack()
      this.#close()
    }
  }

  #open(outlet: Outlet): void {
    const { handle, after, framing, viewing, seats, log } = this.#options
    this.#outlet = outlet
    this.#openedAt = this.#wheel.now()
    this.#sayWhenToComeBack()
    this.#hasSeat = seats.take()
    try {
      if (!this.#hasSeat) throw new StreamingError('capacity')
      this.#viewer = handle.attach({ ...viewing, after, sink: this, framing: framing[outlet.form] })
      this.#heartbeat.setIn(viewing.heartbeatMs)
    } catch (error) {
      if (!(error instanceof StreamingError)) log.error({ err: error }, 'viewer not attached')
      // The headers are out. An end without a terminal event has the client come back, by `retry:`.
      this.#close()
    }
  }

  /** Spread, or a thousand clients of a server that went away would all be back at once. */
  #sayWhenToComeBack(): void {
    const { retryMs } = this.#options.viewing
    this.#outlet!.say(retryField(retryMs * (0.5 + Math.random())))
  }

  /** Fastify tells of a response that was finished, not of one that was cut: this is the same line for both. */
  #logEnd(reason: DetachReason): void {
    const { handle, after, log } = this.#options
    log.info(
      {
        streamId: handle.record.streamId,
        reason,
        after,
        cursor: this.#viewer?.cursor,
        bytes: this.#bytes,
        durationMs: Math.round(this.#wheel.now() - this.#openedAt),
      },
      'viewer left',
    )
  }

  #ready(): void {
    this.#isFull = false
    this.#viewer?.ready()
  }

  /** What was written, or waits to leave, tells everybody that the connection is alive. */
  #beat(): void {
    const { heartbeatMs } = this.#options.viewing
    const silentMs = this.#wheel.now() - this.#lastWriteAt
    this.#heartbeat.setIn(silentMs < heartbeatMs ? heartbeatMs - silentMs : heartbeatMs)
    if (silentMs >= heartbeatMs && !this.#isFull) this.#isFull = !this.#outlet!.say(HEARTBEAT)
  }

  #close(): void {
    this.#outlet?.end()
    const response = this.#response
    if (response === undefined) return
    this.#options.departures.add(response)
    // Somebody who never reads the rest would keep the socket for ever.
    const linger = this.#wheel.alarm(() => response.destroy())
    linger.setIn(this.#options.viewing.stallMs)
    response.once('close', () => linger.clear())
    // Says to Fastify that the body has come to its end; nothing has gone through this stream's own buffer.
    this.push(null)
    this.resume()
  }
}
