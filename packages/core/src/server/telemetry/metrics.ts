import type { ErrorType } from '../../errors.ts'
import type { StreamEnd } from '../definition/define-stream.ts'
import type { DetachReason } from '../delivery/viewer.ts'
import { Histogram, type HistogramSnapshot } from './histogram.ts'

/** Counts and durations of a hub, in this process, since it was made. */
export interface HubMetrics {
  readonly uptimeMs: number
  readonly streams: {
    readonly started: number
    readonly active: number
    readonly peak: number
    readonly completed: number
    readonly failed: number
    readonly cancelled: number
  }
  readonly viewers: {
    readonly attached: number
    readonly active: number
    readonly peak: number
    readonly detached: Readonly<Partial<Record<DetachReason, number>>>
  }
  /** `*_chunk` events, and their bytes of JSON. */
  readonly chunks: number
  readonly bytes: number
  readonly meanChunkBytes: number
  readonly errors: Readonly<Partial<Record<ErrorType, number>>>
  readonly retries: number
  readonly pauses: number
  /** From admission to the first chunk, in milliseconds. */
  readonly ttftMs: HistogramSnapshot
  /** From one part of a source to its next, in milliseconds. */
  readonly betweenPartsMs: HistogramSnapshot
  /** Bytes that the log holds in this process. */
  readonly logBytes: number
}

/** Counts what happens in a hub. Its fields are public, so that a count costs one addition. */
export class Meter {
  chunks = 0
  bytes = 0
  retries = 0
  pauses = 0
  readonly ttftMs = new Histogram()
  readonly betweenPartsMs = new Histogram()
  readonly #startedAt = performance.now()
  readonly #streams = { started: 0, active: 0, peak: 0, completed: 0, failed: 0, cancelled: 0 }
  readonly #viewers = { attached: 0, active: 0, peak: 0 }
  readonly #detached: Partial<Record<DetachReason, number>> = {}
  readonly #errors: Partial<Record<ErrorType, number>> = {}

  /** An event with a piece of the answer was appended. */
  appended(bytes: number): void {
    this.chunks += 1
    this.bytes += bytes
  }

  streamStarted(): void {
    this.#streams.started += 1
    this.#streams.active += 1
    this.#streams.peak = Math.max(this.#streams.peak, this.#streams.active)
  }

  streamEnded({ outcome, error }: StreamEnd): void {
    this.#streams.active -= 1
    if (outcome === 'completed') this.#streams.completed += 1
    else if (outcome === 'cancelled') this.#streams.cancelled += 1
    else this.#streams.failed += 1
    if (error !== undefined) this.#errors[error.type] = (this.#errors[error.type] ?? 0) + 1
  }

  viewerAttached(): void {
    this.#viewers.attached += 1
    this.#viewers.active += 1
    this.#viewers.peak = Math.max(this.#viewers.peak, this.#viewers.active)
  }

  viewerDetached(reason: DetachReason): void {
    this.#viewers.active -= 1
    this.#detached[reason] = (this.#detached[reason] ?? 0) + 1
  }

  snapshot(logBytes: number): HubMetrics {
    return {
      uptimeMs: Math.round(performance.now() - this.#startedAt),
      streams: { ...this.#streams },
      viewers: { ...this.#viewers, detached: { ...this.#detached } },
      chunks: this.chunks,
      bytes: this.bytes,
      meanChunkBytes: this.chunks === 0 ? 0 : this.bytes / this.chunks,
      errors: { ...this.#errors },
      retries: this.retries,
      pauses: this.pauses,
      ttftMs: this.ttftMs.snapshot(),
      betweenPartsMs: this.betweenPartsMs.snapshot(),
      logBytes,
    }
  }
}
