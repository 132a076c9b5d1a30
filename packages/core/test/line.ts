import type { AdaptiveWindow } from '../src/flow-control/adaptive-window.ts'
import { ReceiveWindow } from '../src/flow-control/receive-window.ts'
import { SendWindow } from '../src/flow-control/send-window.ts'

/** A time that passes only when something is to happen then. */
export class SimulatedTime {
  now = 0
  readonly #events: { readonly at: number; readonly happen: () => void }[] = []

  after(ms: number, happen: () => void): void {
    const at = this.now + ms
    const index = this.#events.findLastIndex((event) => event.at <= at)
    this.#events.splice(index + 1, 0, { at, happen })
  }

  /** Whether something is still to happen before `at`; if so, the next thing has happened. */
  step(at: number): boolean {
    const next = this.#events[0]
    if (next === undefined || next.at > at) {
      this.now = at
      return false
    }
    this.#events.shift()
    this.now = next.at
    next.happen()
    return true
  }
}

/** A server, a viewer, and what is between them. */
export interface LineOptions {
  readonly window: AdaptiveWindow
  readonly time: SimulatedTime
  readonly roundTripMs: () => number
  /** How long the viewer takes for a chunk. */
  readonly chunkMs: () => number
  /** How many chunks the log has, at a time. @default Infinity */
  readonly available?: (now: number) => number
}

/** One attachment, simulated: chunks one way, acks the other, each taking half a round trip. */
export class Line {
  readonly server: SendWindow
  readonly client: ReceiveWindow
  /** The last chunk that the viewer has processed. */
  processed = 0
  /** The most chunks that were ever sent and not processed since this was last set to 0. */
  mostOutstanding = 0
  readonly #options: LineOptions
  #sent = 0
  #arrived = 0
  #isBusy = false
  #ackPlannedAt = Number.POSITIVE_INFINITY

  constructor(options: LineOptions) {
    const { window, time, available } = options
    const now = () => time.now
    this.#options = options
    this.client = new ReceiveWindow({ window, now })
    this.server = new SendWindow({ window: this.client.declared, now })
    this.#send()
    if (available !== undefined) this.#produce()
  }

  /** Lets the time pass, from one event to the next. `each` is called after every one. */
  runTo(at: number, each = () => {}): void {
    while (this.#options.time.step(at)) each()
  }

  #produce(): void {
    this.#send()
    this.#options.time.after(1, () => this.#produce())
  }

  #send(): void {
    const { time, roundTripMs, available } = this.#options
    const last = Math.min(this.server.limit, available?.(time.now) ?? Number.POSITIVE_INFINITY)
    if (last <= this.#sent) return
    this.#sent = last
    this.server.sent(last)
    this.mostOutstanding = Math.max(this.mostOutstanding, last - this.processed)
    time.after(roundTripMs() / 2, () => {
      this.#arrived = last
      this.client.received(last)
      this.#process()
    })
  }

  #process(): void {
    if (this.#isBusy || this.processed === this.#arrived) return
    this.#isBusy = true
    this.#options.time.after(this.#options.chunkMs(), () => {
      this.#isBusy = false
      this.processed += 1
      this.client.processed(this.processed)
      this.#ackWhenDue()
      this.#process()
    })
  }

  #ackWhenDue(): void {
    const { time, roundTripMs } = this.#options
    const dueInMs = this.client.ackDueInMs
    if (dueInMs === 0) {
      const ack = this.client.ack()
      time.after(roundTripMs() / 2, () => {
        this.server.ack(ack)
        this.#send()
      })
    } else if (time.now + dueInMs < this.#ackPlannedAt) {
      const at = time.now + dueInMs
      this.#ackPlannedAt = at
      time.after(dueInMs, () => {
        if (this.#ackPlannedAt !== at) return
        this.#ackPlannedAt = Number.POSITIVE_INFINITY
        this.#ackWhenDue()
      })
    }
  }
}
