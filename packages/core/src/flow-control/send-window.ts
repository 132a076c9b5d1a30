import { StreamingError } from '../errors.ts'
import { Rate } from './rate.ts'
import { type Ack, isChunkId, isWindow, WINDOW_DEFAULTS } from './window.ts'

/** Options of a {@link SendWindow}, which lasts for one attachment of one viewer. */
export interface SendWindowOptions {
  /** The cursor that the viewer attached with. @default 0 */
  readonly after?: number
  /** As the viewer declared it, in chunks; one above `maxWindow` counts as `maxWindow`. @default 256 */
  readonly window?: number | undefined
  /** The most chunks that may be outstanding, whatever a viewer asks for. @default 4096 */
  readonly maxWindow?: number
  /** Milliseconds on a clock that does not go back. @default performance.now */
  readonly now?: () => number
}

/** Why an ack was refused. It has changed nothing, and the next good one repairs what it should have said. */
export type AckRefusal =
  /** Not a whole number from 0 to 2⁵³ − 1. No viewer that keeps to the protocol says this. */
  | 'invalid_chunk_id'
  /** As above, for `limit`. The `chunkId` beside it does not count either. */
  | 'invalid_limit'
  /**
   * The chunk has not been sent to this attachment. A viewer that attaches again with an earlier cursor can say
   * this in good faith, about what the attachment before had sent: it is no reason to close a socket.
   */
  | 'never_sent'

/** The effect of an ack. */
export type AckOutcome =
  | {
      /** `unchanged`: it was a repetition, came late, or asked for less than the viewer had allowed already. */
      readonly kind: 'raised' | 'unchanged'
      /** The limit now: what `Viewer.allow` is to be told. */
      readonly limit: number
      /** It asked for more than `maxWindow` beyond what is processed; it gets that much, as that moves on. */
      readonly isClamped: boolean
    }
  | { readonly kind: 'refused'; readonly reason: AckRefusal }

/** A {@link SendWindow} at one moment. */
export interface SendWindowStats {
  /** Chunks sent and not acknowledged. */
  readonly outstanding: number
  /** The highest chunk_id that may be sent. */
  readonly limit: number
  /** Acks that were taken, per second, smoothed over one second. */
  readonly acksPerSecond: number
  /** Chunks that were acknowledged, per second, smoothed over one second. */
  readonly chunksPerSecond: number
  /** How long the window has been used up, all times together and the present one included, in milliseconds. */
  readonly pausedMs: number
}

/**
 * Limits the chunks that may be sent to a viewer: the server's view of a flow window.
 *
 * All that it keeps of the acks are two maxima, the highest `chunkId` and the highest `limit` asked for, and
 *
 *     limit = max(acked + 1, min(asked, acked + maxWindow))
 *
 * follows from them. So acks may be lost, repeated and reordered at will: the same set of acks leads to the same
 * limit, the limit never goes back, at least one chunk may always be in flight, and no ack can ask for more than
 * `maxWindow`. There is no ack after which a later one could not mend what is wrong.
 */
export class SendWindow {
  /** The window that the viewer declared, at most `maxWindow`, in chunks. */
  readonly window: number
  readonly #maxWindow: number
  readonly #now: () => number
  readonly #acks: Rate
  readonly #chunks: Rate
  #sent: number
  #acked: number
  #asked: number
  #pausedSince: number | undefined
  #pausedMs = 0

  /**
   * @throws {StreamingError} `invalid_request` if the declared window is not a whole number of at least 1.
   * @throws {RangeError} if `after` or `maxWindow` cannot be one.
   */
  constructor(options: SendWindowOptions = {}) {
    const { after = 0, window = WINDOW_DEFAULTS.initial, maxWindow = WINDOW_DEFAULTS.ceiling } = options
    if (!isChunkId(after)) throw new RangeError(`after is ${after}, and has to be a chunk_id.`)
    if (!isWindow(maxWindow)) throw new RangeError(`maxWindow is ${maxWindow}, and has to be at least 1.`)
    if (!isWindow(window)) {
      const message = 'has to be a whole number of at least 1'
      throw new StreamingError('invalid_request', `window: ${message}.`, {
        issues: [{ path: ['window'], message }],
      })
    }
    this.window = Math.min(window, maxWindow)
    this.#maxWindow = maxWindow
    this.#now = options.now ?? (() => performance.now())
    this.#acks = new Rate(this.#now)
    this.#chunks = new Rate(this.#now)
    this.#sent = after
    this.#acked = after
    this.#asked = after + this.window
  }

  /** The highest chunk_id that may be sent. It never goes back. */
  get limit(): number {
    return Math.max(this.#acked + 1, Math.min(this.#asked, this.#acked + this.#maxWindow))
  }

  /** Whether the window is used up: nothing can be sent before the next ack, if there is anything to send. */
  get isUsedUp(): boolean {
    return this.#sent >= this.limit
  }

  get stats(): SendWindowStats {
    const present = this.#pausedSince === undefined ? 0 : this.#now() - this.#pausedSince
    return {
      outstanding: this.#sent - this.#acked,
      limit: this.limit,
      acksPerSecond: this.#acks.perSecond,
      chunksPerSecond: this.#chunks.perSecond,
      pausedMs: this.#pausedMs + present,
    }
  }

  /**
   * Says that everything through `chunkId` has been sent.
   * @throws {StreamingError} `unexpected_error` above the limit. It is always a defect of the sender.
   */
  sent(chunkId: number): void {
    if (!(chunkId <= this.limit)) {
      throw new StreamingError('unexpected_error', `Chunk ${chunkId} was sent above the limit ${this.limit}.`)
    }
    this.#sent = Math.max(this.#sent, chunkId)
    if (this.isUsedUp) this.#pausedSince ??= this.#now()
  }

  /** Takes what a viewer says. Never throws: whatever it is, it has an {@link AckOutcome}. */
  ack({ chunkId, limit }: Ack): AckOutcome {
    if (!isChunkId(chunkId)) return { kind: 'refused', reason: 'invalid_chunk_id' }
    if (limit !== undefined && !isChunkId(limit)) return { kind: 'refused', reason: 'invalid_limit' }
    if (chunkId > this.#sent) return { kind: 'refused', reason: 'never_sent' }

    const limitBefore = this.limit
    const asked = limit ?? chunkId + this.window
    this.#acks.add(1)
    this.#chunks.add(Math.max(0, chunkId - this.#acked))
    this.#acked = Math.max(this.#acked, chunkId)
    this.#asked = Math.max(this.#asked, asked)

    const isRaised = this.limit > limitBefore
    if (isRaised) this.#goOn()
    return {
      kind: isRaised ? 'raised' : 'unchanged',
      limit: this.limit,
      isClamped: asked > this.#acked + this.#maxWindow,
    }
  }

  #goOn(): void {
    if (this.#pausedSince === undefined) return
    this.#pausedMs += this.#now() - this.#pausedSince
    this.#pausedSince = undefined
  }
}
