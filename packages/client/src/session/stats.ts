/** Figures of a session, at the moment they are asked for. */
export interface SessionStats {
  /** From `start` or `attach` to the first event after `stream_start`, in milliseconds; `null` before it. */
  readonly firstChunkMs: number | null
  /** Events per second, from the first after `stream_start` to the last; 0 before there are two. */
  readonly chunksPerSecond: number
  /** How many events the server may send beyond the last that was processed; `null` if TCP decides (SSE). */
  readonly window: number | null
  /** Events that have come, and wait for the consumer of the events. */
  readonly queued: number
  /** As in the snapshot. */
  readonly reconnects: number
  /** As in the snapshot. */
  readonly gaps: number
  /** As in the snapshot. */
  readonly repeats: number
}

/** When the events of a session came. */
export class Timing {
  readonly #begunAt = performance.now()
  #firstAt: number | undefined
  #lastAt = 0
  #count = 0

  /** The events after `before` came now, through `lastChunkId`. The first of all says nothing yet. */
  reached(lastChunkId: number, before: number): void {
    const count = lastChunkId - Math.max(1, before)
    if (count <= 0) return
    this.#lastAt = performance.now()
    this.#firstAt ??= this.#lastAt
    this.#count += count
  }

  get figures(): Pick<SessionStats, 'firstChunkMs' | 'chunksPerSecond'> {
    const firstAt = this.#firstAt
    if (firstAt === undefined) return { firstChunkMs: null, chunksPerSecond: 0 }
    const ms = this.#lastAt - firstAt
    return {
      firstChunkMs: firstAt - this.#begunAt,
      chunksPerSecond: ms > 0 ? ((this.#count - 1) * 1000) / ms : 0,
    }
  }
}
