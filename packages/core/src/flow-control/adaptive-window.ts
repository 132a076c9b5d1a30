import { WINDOW_DEFAULTS } from './window.ts'

/** Between what bounds an {@link AdaptiveWindow} moves. One with `floor`, `initial` and `ceiling` alike is fixed. */
export interface AdaptiveWindowOptions {
  /** The first size, in chunks; brought within the bounds. @default 256 */
  readonly initial?: number
  /** The least, in chunks. @default 16 */
  readonly floor?: number
  /** The most, in chunks. More than the server's `maxWindow` is asked for in vain. @default 4096 */
  readonly ceiling?: number
  /** The shortest time that the window covers, also if the round trip is shorter, in milliseconds. @default 100 */
  readonly targetLatencyMs?: number
  /** Milliseconds on a clock that does not go back. @default performance.now */
  readonly now?: () => number
}

/** A laptop that slept between ping and pong has not seen a round trip of an hour. */
const MAX_ROUND_TRIP_MS = 5000

/**
 * How large a viewer's window is: it follows the rate at which the viewer processes, as the receive buffers of
 * TCP do ("dynamic right-sizing"). With `bridge = max(round trip, targetLatencyMs)`,
 *
 *     wanted = 2 × chunks per second × bridge, between floor and ceiling
 *
 * Twice, because acks come at half a window: the other half lasts until the answer to the ack is there.
 *
 * The rate is measured anew over each period of `bridge`, at the first chunk that is processed after it, and the
 * window moves toward `wanted`, by a factor of 2 at most:
 * - down, only if the viewer had work waiting during the whole period. One that was idle in between was not slow:
 *   its source was, or its window. So a model that falls silent takes no window from a fast viewer;
 * - up, always, and for a viewer that was idle in between toward twice as much. If it waited for its window, it
 *   processed one window per round trip, and what the last step up has brought is not yet in that.
 *
 * A fast viewer whose source always has more has its full rate, as far as the ceiling allows it, after at most six
 * round trips and a second. A slow one has, after the chunks that it had been allowed before, never more than
 * the floor or `wanted` outstanding, whichever is more.
 */
export class AdaptiveWindow {
  #floor: number
  #ceiling: number
  readonly #targetLatencyMs: number
  readonly #now: () => number
  #size: number
  #roundTripMs: number | undefined
  #periodFrom: number
  #processed = 0
  #wasIdle = true

  constructor(options: AdaptiveWindowOptions = {}) {
    const { initial, floor, ceiling } = { ...WINDOW_DEFAULTS, ...options }
    const { targetLatencyMs = 100, now = () => performance.now() } = options
    this.#floor = floor
    this.#ceiling = ceiling
    this.#size = Math.min(ceiling, Math.max(floor, initial))
    this.#targetLatencyMs = targetLatencyMs
    this.#now = now
    this.#periodFrom = now()
  }

  /** The window now, in chunks. */
  get size(): number {
    return this.#size
  }

  /** The round trip that is reckoned with, in milliseconds; `undefined` before the first measurement. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs
  }

  get #bridgeMs(): number {
    return Math.max(this.#targetLatencyMs, this.#roundTripMs ?? 0)
  }

  /** The server grants no more than `ceiling`: what was asked for beyond it is not counted on. */
  limitTo(ceiling: number): void {
    if (!(ceiling >= 1 && ceiling < this.#ceiling)) return
    this.#ceiling = ceiling
    this.#floor = Math.min(this.#floor, ceiling)
    this.#size = Math.min(this.#size, ceiling)
  }

  /**
   * A round trip was measured: from a ping to its pong, or from `resume_stream` to `stream_attached`. A shorter
   * one is believed at once, a longer one by half, because what is too long was something else than the line.
   * Only from here does the window learn that a line has become slower: until then it is too small for it.
   */
  roundTrip(ms: number): void {
    if (!(ms >= 0)) return
    const before = this.#roundTripMs
    const measured = Math.min(ms, MAX_ROUND_TRIP_MS)
    this.#roundTripMs = before === undefined || measured < before ? measured : (before + measured) / 2
  }

  /** Something took `ms` that has a round trip in it: none is longer than that. */
  roundTripAtMost(ms: number): void {
    if (this.#roundTripMs === undefined || ms < this.#roundTripMs) this.roundTrip(ms)
  }

  /** The viewer has processed `chunks` more; `isCaughtUp`: nothing that has arrived is left. */
  processed(chunks: number, isCaughtUp: boolean): void {
    this.#processed += chunks
    const now = this.#now()
    const periodMs = now - this.#periodFrom
    if (periodMs < this.#bridgeMs) {
      this.#wasIdle ||= isCaughtUp
      return
    }
    this.#adapt((this.#processed * this.#bridgeMs) / periodMs)
    this.#periodFrom = now
    this.#processed = 0
    this.#wasIdle = isCaughtUp
  }

  #adapt(chunksPerBridge: number): void {
    const wanted = chunksPerBridge * (this.#wasIdle ? 4 : 2)
    if (wanted < this.#size && this.#wasIdle) return
    const next = Math.min(2 * this.#size, Math.max(this.#size / 2, wanted))
    this.#size = Math.min(this.#ceiling, Math.max(this.#floor, Math.ceil(next)))
  }
}
