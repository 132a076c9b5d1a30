import type { Alarm, ViewersElsewhere as Viewers } from '@sluice/core/server'
import type { LogContext } from '../log-context.ts'
import { WHERE } from '../read/message.ts'
import type { Elsewhere } from './writer-reply.ts'

/** So often a producer that waits for them asks. */
const ASK_EVERY_MS = 50

/** The stream that they read. */
export interface WatchedStream {
  isOpen(): boolean
  /** They have answered, or have moved on. */
  moved(): void
}

/**
 * The viewers that a stream has on other instances, as its producer knows of them. They report their cursors at the
 * cadence of the lease; if the producer waits for them, it asks.
 */
export class ViewersElsewhere implements Viewers {
  size = 0
  /** The chunk_id that the first of them has come to. */
  furthest = 0
  readonly #stream: WatchedStream
  readonly #next: Alarm
  #isAsked = false

  constructor({ clock, connection }: LogContext, channel: string, stream: WatchedStream) {
    this.#stream = stream
    this.#next = clock.alarm(() => {
      this.#isAsked = true
      connection.publish(channel, WHERE).catch(() => {
        // They say it by themselves, later.
      })
    })
  }

  /** Asks in a moment, unless a question is under way. */
  ask(): void {
    const isAsking = this.#next.at !== Number.POSITIVE_INFINITY
    if (this.size > 0 && !isAsking && this.#stream.isOpen()) this.#next.setIn(ASK_EVERY_MS)
  }

  heard(elsewhere: Elsewhere | undefined): void {
    if (elsewhere === undefined) return
    const { size, furthest } = elsewhere
    const isNews = this.#isAsked || size !== this.size || furthest !== this.furthest
    this.#isAsked = false
    this.size = size
    this.furthest = furthest
    if (isNews) this.#stream.moved()
  }

  stop(): void {
    this.#next.clear()
  }
}
