import { Readable } from 'node:stream'
import { StreamingError } from '@sluice/core'
import type { Alarm, DetachReason, Framing, Sink, StreamHandle, Viewer } from '@sluice/core/server'
import type { FastifyBaseLogger } from 'fastify'
import { HEARTBEAT, retryField } from './framing.ts'
import type { Checked, ViewingOptions } from './options.ts'
import { isResponse, type Outlet, readableOutlet, responseOutlet } from './outlet.ts'
import type { Seats } from './seats.ts'

/** How one viewer is served. */
export interface BodyOptions {
  readonly handle: StreamHandle
  readonly after: number
  readonly framing: Framing
  readonly viewing: Checked<ViewingOptions>
  readonly seats: Seats
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
  readonly #heartbeat: Alarm
  #outlet: Outlet | undefined
  #viewer: Viewer | undefined
  #openedAt = 0
  #bytes = 0
  #isFull = false
  #hasSeat = false

  constructor(options: BodyOptions) {
    super({ highWaterMark: options.viewing.highWaterMark })
    this.#options = options
    this.#heartbeat = options.viewing.hub.wheel.alarm(() => this.#beat())
  }

  override pipe<Destination extends NodeJS.WritableStream>(
    destination: Destination,
    options?: { end?: boolean },
  ): Destination {
    if (!isResponse(destination) || options?.end === false) return super.pipe(destination, options)
    const { hub, stallMs, highWaterMark } = this.#options.viewing
    const outlet = responseOutlet(destination, highWaterMark, () => this.#ready())
    this.#open({
      ...outlet,
      end: () => {
        // Somebody who never reads the rest would keep the socket for ever.
        const linger = hub.wheel.alarm(outlet.destroy)
        linger.setIn(stallMs)
        destination.once('close', () => linger.clear())
        outlet.end()
        this.#finish()
      },
    })
    return destination
  }

  override _read(): void {
    if (this.#outlet !== undefined) this.#ready()
    else if (!this.destroyed) this.#open(readableOutlet(this))
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#heartbeat.clear()
    this.#viewer?.detach('left')
    if (this.#hasSeat) this.#options.seats.leave()
    callback(error)
  }

  /** @internal Called by the viewer. */
  write(frame: Uint8Array): boolean {
    this.#heartbeat.setIn(this.#options.viewing.heartbeatMs)
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
      this.#outlet?.end()
    }
  }

  #open(outlet: Outlet): void {
    const { handle, after, framing, viewing, seats } = this.#options
    this.#outlet = outlet
    this.#openedAt = viewing.hub.wheel.now()
    this.#sayWhenToComeBack()
    this.#hasSeat = seats.take()
    try {
      if (!this.#hasSeat) throw new StreamingError('capacity')
      this.#viewer = handle.attach({ ...viewing, after, sink: this, framing })
      this.#heartbeat.setIn(viewing.heartbeatMs)
    } catch (error) {
      if (!(error instanceof StreamingError)) throw error
      // The headers are out. An end without a terminal event has the client come back, by `retry:`.
      outlet.end()
    }
  }

  /** Spread, or a thousand clients of a server that went away would all be back at once. */
  #sayWhenToComeBack(): void {
    const { retryMs } = this.#options.viewing
    this.#isFull = !this.#outlet!.write(retryField(retryMs * (0.5 + Math.random())))
  }

  /** Fastify tells of a response that was finished, not of one that was cut: this is the same line for both. */
  #logEnd(reason: DetachReason): void {
    const { handle, after, log, viewing } = this.#options
    log.info(
      {
        streamId: handle.record.streamId,
        reason,
        after,
        cursor: this.#viewer?.cursor,
        bytes: this.#bytes,
        durationMs: Math.round(viewing.hub.wheel.now() - this.#openedAt),
      },
      'viewer left',
    )
  }

  #ready(): void {
    this.#isFull = false
    this.#viewer?.ready()
  }

  /** What waits already tells everybody that the connection is alive. */
  #beat(): void {
    this.#heartbeat.setIn(this.#options.viewing.heartbeatMs)
    if (!this.#isFull) this.#isFull = !this.#outlet!.write(HEARTBEAT)
  }

  /** Says to Fastify that the body has come to its end; nothing has gone through this stream's own buffer. */
  #finish(): void {
    this.push(null)
    this.resume()
  }
}
