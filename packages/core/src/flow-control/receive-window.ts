import { AdaptiveWindow } from './adaptive-window.ts'
import type { Ack } from './window.ts'

/** Options of a {@link ReceiveWindow}, which lasts for one attachment to one stream. */
export interface ReceiveWindowOptions {
  /** The cursor that it attaches with. @default 0 */
  readonly after?: number
  /** How large the window is. It may outlive the attachment and keep what it has learnt. @default a new one */
  readonly window?: AdaptiveWindow
  /** Milliseconds on a clock that does not go back. @default performance.now */
  readonly now?: () => number
}

/** An ack that is to be sent, and what it may carry for the server's statistics. */
export interface OutgoingAck extends Ack {
  readonly limit: number
  /** Chunks that have arrived and are not processed. */
  readonly queueLength: number
}

/** The least time between two acks below half of the window, in milliseconds. */
const SHORTEST_SILENCE_MS = 50
/** How long a viewer that processes may say nothing of it, in milliseconds. */
const LONGEST_SILENCE_MS = 2000

/**
 * When to ack, and what: the client's view of a flow window. It acks what the consumer has *processed*, not what
 * has arrived; otherwise a slow consumer would have the whole log in its memory.
 *
 * When something was processed since the last ack, the next one is due
 * - at once, if no more than half of the window is left, that is `limit − processed ≤ size / 2`;
 * - 50 ms after the last one, if an eighth of the window was processed, at a rate that has half of it gone within half a
 *   second: there are lines whose round trip takes as long;
 * - otherwise two seconds after the last one. No chunk waits for that one, and to read an ack costs a server more than
 *   to send a chunk.
 *
 * It has no timer. Its owner asks {@link ReceiveWindow.ackDueInMs} after each `processed()`, and sends
 * {@link ReceiveWindow.ack} then. The limit never goes back: a window that has shrunk is one whose limit stands
 * still until the consumer has come near enough.
 */
export class ReceiveWindow {
  /** The window to declare when attaching, in chunks. */
  readonly declared: number
  readonly #window: AdaptiveWindow
  readonly #now: () => number
  #received: number
  #processed: number
  #acked: number
  #limit: number
  #ackedAt = Number.NEGATIVE_INFINITY
  /** When the first chunk that is not acked was processed. */
  #unackedSince = 0
  /** The first chunk that only the ack of that time has allowed: it cannot come before a round trip is over. */
  #probe: { readonly chunkId: number; readonly at: number } | undefined

  constructor(options: ReceiveWindowOptions = {}) {
    const { after = 0, now = () => performance.now() } = options
    this.#window = options.window ?? new AdaptiveWindow({ now })
    this.#now = now
    this.declared = this.#window.size
    this.#received = after
    this.#processed = after
    this.#acked = after
    this.#limit = after + this.declared
  }

  /** The highest chunk_id that the server has been allowed to send. It never goes back. */
  get limit(): number {
    return this.#limit
  }

  /** How large the window is now, in chunks. */
  get size(): number {
    return this.#window.size
  }

  /** In how many milliseconds an ack is due; 0: now; `Infinity`: not before more is processed. */
  get ackDueInMs(): number {
    if (this.#processed === this.#acked) return Number.POSITIVE_INFINITY
    const { size } = this.#window
    if ((this.#limit - this.#processed) * 2 <= size) return 0
    const now = this.#now()
    const unacked = this.#processed - this.#acked
    // At this rate all of the window would be gone within a second.
    const isFast = unacked * 8 >= size && (now - this.#unackedSince) * size <= (unacked - 1) * 1000
    return Math.max(0, this.#ackedAt + (isFast ? SHORTEST_SILENCE_MS : LONGEST_SILENCE_MS) - now)
  }

  /** Everything through `chunkId` has arrived. Said before it is processed, or the window cannot adapt. */
  received(chunkId: number): void {
    if (!(chunkId > this.#received)) return
    this.#received = chunkId
    if (this.#probe === undefined || chunkId < this.#probe.chunkId) return
    this.#window.roundTripAtMost(this.#now() - this.#probe.at)
    this.#probe = undefined
  }

  /** The consumer has processed everything through `chunkId`. */
  processed(chunkId: number): void {
    if (!(chunkId > this.#processed)) return
    if (this.#processed === this.#acked) this.#unackedSince = this.#now()
    this.received(chunkId)
    this.#window.processed(chunkId - this.#processed, this.#received === chunkId)
    this.#processed = chunkId
  }

  /**
   * The ack to send now, whether one is due or not. An ack that nothing has been added to is a repetition, which
   * does no harm; over a line that loses acks, one must be sent from time to time.
   */
  ack(): OutgoingAck {
    this.#ackedAt = this.#now()
    this.#acked = this.#processed
    const limit = this.#processed + this.#window.size
    if (limit > this.#limit) {
      this.#probe ??= { chunkId: this.#limit + 1, at: this.#ackedAt }
      this.#limit = limit
    }
    const queueLength = this.#received - this.#processed
    return { chunkId: this.#processed, limit: this.#limit, queueLength }
  }
}
