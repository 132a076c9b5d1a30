import type { ServerResponse } from 'node:http'
import { StreamingError } from '@sluice/core'
import type { Alarm, Clock, DetachReason, Sink, StreamHandle, Viewer } from '@sluice/core/server'
import { type Limit, randomRetryMs } from '@sluice/core/transport'
import type { FastifyBaseLogger } from 'fastify'
import type { Departures } from './departures.ts'
import { HEARTBEAT, retryField, type SseFraming } from './framing.ts'
import type { CheckedViewing } from './options.ts'
import type { Outlet } from './outlet.ts'

/** How one viewer is served. */
export interface SinkOptions {
  readonly handle: StreamHandle
  readonly after: number
  readonly framing: SseFraming
  readonly viewing: CheckedViewing
  readonly viewers: Limit
  readonly departures: Departures
  /** What its events leave in, directly or by way of whatever a hook has put before it. */
  readonly response: ServerResponse
  /** The request's own. */
  readonly log: FastifyBaseLogger
}

/** Writes what one viewer sees to an outlet, with what an event stream has beside its events: `retry:` and heartbeats. */
export class EventSink implements Sink {
  readonly #options: SinkOptions
  readonly #clock: Clock
  readonly #heartbeat: Alarm
  readonly #outlet: Outlet
  readonly #openedAt: number
  #viewer: Viewer | undefined
  /** In whole milliseconds. The heartbeat looks at it when it rings: to move an alarm for each frame costs more. */
  #lastWriteAt = 0
  #bytes = 0
  #isFull = false
  /** Whether it is one of the viewers that the plugin counts. */
  readonly #isCounted: boolean
  /** Its connection is no more. */
  #isGone = false
  /** It has ended, and what is buffered may still take a while. */
  #linger: Alarm | undefined

  /** @param outletFor - makes the outlet; it is to call the sink's `ready` when it has room again */
  constructor(options: SinkOptions, outletFor: (sink: EventSink) => Outlet) {
    const { handle, after, framing, viewing, viewers, response, log } = options
    this.#options = options
    this.#clock = viewing.hub.clock
    this.#heartbeat = this.#clock.alarm(() => this.#beat())
    this.#outlet = outletFor(this)
    this.#openedAt = this.#clock.now()
    response.once('close', () => this.leave())
    this.#sayWhenToComeBack()
    this.#isCounted = viewers.take() === undefined
    try {
      if (!this.#isCounted) throw new StreamingError('capacity')
      this.#viewer = handle.attach({ ...viewing, after, sink: this, framing: framing[this.#outlet.form] })
      this.#heartbeat.setIn(viewing.heartbeatMs)
    } catch (error) {
      if (!(error instanceof StreamingError)) log.error({ err: error }, 'viewer not attached')
      // The headers are out. An end without a terminal event has the client come back, by `retry:`.
      this.#close()
    }
  }

  /** The outlet has room again. */
  ready(): void {
    this.#isFull = false
    this.#viewer?.ready()
  }

  /** Its connection, or what stood before it, is gone. */
  leave(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#linger?.clear()
    this.#viewer?.detach('left')
    if (this.#isCounted) this.#options.viewers.release()
  }

  /** @internal Called by the viewer. */
  write(frame: Uint8Array): boolean {
    this.#lastWriteAt = Math.ceil(this.#clock.now())
    this.#bytes += frame.length
    this.#isFull = !this.#outlet.write(frame)
    return !this.#isFull
  }

  /** @internal Called by the hub. */
  unsentBytes(): number {
    return this.#outlet.unsentBytes()
  }

  /** @internal Called by the viewer. */
  end(reason: DetachReason): void {
    this.#heartbeat.clear()
    this.#logEnd(reason)
    if (this.#isGone) return
    // Somebody who takes nothing would hold what is buffered for ever. It can resume.
    if (this.#isFull && reason !== 'ended') this.#outlet.destroy()
    else {
      // All those who are let go together come back: not in the same instant.
      if (reason !== 'ended') this.#sayWhenToComeBack()
      this.#close()
    }
  }

  /** Spread, or a thousand clients of a server that went away would all be back at once. */
  #sayWhenToComeBack(): void {
    this.#outlet.say(retryField(randomRetryMs(this.#options.viewing.retryMs)))
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
        durationMs: Math.round(this.#clock.now() - this.#openedAt),
      },
      'viewer left',
    )
  }

  /** What was written, or waits to leave, tells everybody that the connection is alive. */
  #beat(): void {
    const { heartbeatMs } = this.#options.viewing
    const silentMs = this.#clock.now() - this.#lastWriteAt
    this.#heartbeat.setIn(silentMs < heartbeatMs ? heartbeatMs - silentMs : heartbeatMs)
    if (silentMs >= heartbeatMs && !this.#isFull) this.#isFull = !this.#outlet.say(HEARTBEAT)
  }

  #close(): void {
    const { departures, response, viewing } = this.#options
    this.#outlet.end()
    departures.add(response)
    // Somebody who never reads the rest would keep the socket for ever.
    this.#linger = this.#clock.alarm(() => response.destroy())
    this.#linger.setIn(viewing.stallMs)
  }
}
