import {
  isTerminal,
  type OutgoingAck,
  type ReceiveWindow,
  type StreamEvent,
  StreamingError,
} from '@sluice/core'
import type { Reading } from '../transport.ts'

/** One stream on a socket: what has come of it waits here, and no more of it than its window allows. */
export class WsReading implements Reading {
  readonly streamId: string
  /** Whether its terminal event has come: the server has detached it too. */
  hasEnded = false
  readonly #window: ReceiveWindow
  readonly #send: (ack: OutgoingAck) => void
  #events: unknown[] = []
  #failure: unknown
  #wake: () => void = () => {}
  #isAlive = false
  #due: ReturnType<typeof setTimeout> | undefined

  constructor(streamId: string, window: ReceiveWindow, send: (ack: OutgoingAck) => void) {
    this.streamId = streamId
    this.#window = window
    this.#send = send
  }

  get window(): number {
    return this.#window.size
  }

  get queued(): number {
    return this.#events.length
  }

  /** Events have come. */
  push(events: readonly StreamEvent[]): void {
    const last = events.at(-1)
    if (last === undefined || this.#failure !== undefined) return
    this.#window.received(last.chunk_id)
    this.#events.push(...events)
    this.hasEnded = isTerminal(last)
    if (this.hasEnded) this.end(new StreamingError('connection_closed'))
    this.#wake()
  }

  /** The connection has shown that it lives. */
  alive(): void {
    this.#isAlive = true
    this.#wake()
  }

  /** Nothing more comes. Events that have arrived are still read. */
  end(failure: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = failure
    clearTimeout(this.#due)
    this.#wake()
  }

  async next(): Promise<readonly unknown[]> {
    this.#isAlive = false
    while (this.#events.length === 0) {
      if (this.#failure !== undefined) throw this.#failure
      if (this.#isAlive) return []
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#events.splice(0)
  }

  processed(chunkId: number): void {
    this.#window.processed(chunkId)
    this.#ack()
  }

  #ack(): void {
    const { ackDueInMs } = this.#window
    // Events that were processed since may have brought it nearer.
    clearTimeout(this.#due)
    if (this.#failure !== undefined || ackDueInMs === Number.POSITIVE_INFINITY) return
    if (ackDueInMs === 0) this.#send(this.#window.ack())
    else this.#due = setTimeout(() => this.#ack(), ackDueInMs)
  }
}
