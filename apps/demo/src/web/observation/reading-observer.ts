import type { OpenRequest } from '@sluice/client'
import { isTerminal, type StreamEvent } from '@sluice/core'
import type { Observation } from './observation.ts'
import type { StreamRecord } from './stream-record.ts'

const ENDINGS = {
  stream_complete: 'completed',
  stream_error: 'error',
  stream_cancelled: 'cancelled',
} as const

function nameOf(request: OpenRequest): string {
  if (request.kind === 'resume') return request.streamId
  return request.kind === 'start' ? request.idempotencyKey : request.thread
}

/** Sees one connection's worth of a stream, and writes it down. */
export class ReadingObserver {
  readonly #observation: Observation
  readonly #record: StreamRecord
  /** Events of before were not on their way to this page. */
  readonly #liveSince: number
  readonly #isAgain: boolean
  readonly #after: number
  #hasEnded = false

  constructor(request: OpenRequest, observation: Observation) {
    this.#observation = observation
    const name = nameOf(request)
    const isKnown = observation.find(name) !== undefined
    this.#record = observation.record(name)
    this.#liveSince = isKnown || request.kind === 'start' ? 0 : Date.now()
    this.#isAgain = isKnown
    this.#after = request.kind === 'resume' ? request.lastChunkId : 0
    this.#record.add({ kind: 'ask', at: performance.now(), isAttached: request.kind !== 'start' })
  }

  opened(streamId: string | null): void {
    if (streamId !== null) this.#observation.name(this.#record, streamId)
    this.#record.add({ kind: 'open', at: performance.now(), isAgain: this.#isAgain, after: this.#after })
  }

  received(events: readonly StreamEvent[]): void {
    const [first, last] = [events[0], events.at(-1)]
    if (first === undefined || last === undefined) return
    const at = performance.now()
    for (const event of events) this.#note(event, at)
    const tokens = events.filter(({ type }) => type === 'content_chunk' || type === 'reasoning_chunk').length
    if (tokens > 0) {
      const range = { from: first.chunk_id, to: last.chunk_id }
      this.#record.add({ kind: 'chunks', at, ...range, tokens, addedMs: this.#addedMs(last) })
    }
    if (!isTerminal(last)) return
    this.#hasEnded = true
    if (last.type === 'stream_error' && typeof last.context?.restarted_as === 'string') {
      // To a person it is the same answer, which goes on with another server.
      this.#observation.name(this.#record, last.context.restarted_as)
      this.#record.add({ kind: 'lost', at, why: last.error_type })
      return
    }
    const ttftMs = last.type === 'stream_complete' ? last.ttft_ms : null
    this.#record.add({ kind: 'end', at, how: ENDINGS[last.type], ttftMs })
  }

  lost(error: unknown): void {
    // Its last event is what ended it: that the connection then goes is in order.
    if (this.#hasEnded) return
    const why = String((error as { readonly type?: unknown } | null)?.type ?? 'connection_lost')
    this.#record.add({ kind: 'lost', at: performance.now(), why })
  }

  #note(event: StreamEvent, at: number): void {
    if (event.type === 'stream_start') {
      this.#observation.name(this.#record, event.stream_id)
      this.#record.createdAt = event.created_at
    }
    if (event.type === 'stream_retry')
      this.#record.add({ kind: 'retry', at, why: event.error_type, keepUntil: event.keep_until })
  }

  #addedMs({ at }: StreamEvent): number | null {
    const { createdAt } = this.#record
    if (at === undefined || createdAt === null || createdAt + at < this.#liveSince) return null
    return Math.max(0, Date.now() - createdAt - at)
  }
}
