import type { CancelRequest, Reading, Transport } from '@sluice/client'
import type { StreamEvent } from '@sluice/core'
import type { Observation } from './observation.ts'
import { ReadingObserver } from './reading-observer.ts'

/** A transport that does what the given one does, and lets the laboratory look on. */
export function observed(transport: Transport, observation: Observation): Transport {
  return {
    ...transport,

    async open(request, signal) {
      const observer = new ReadingObserver(request, observation)
      try {
        const reading = await transport.open(request, signal)
        observer.opened(reading?.streamId ?? null)
        return reading && watched(reading, observer, signal)
      } catch (error) {
        if (!signal.aborted) observer.lost(error)
        throw error
      }
    },

    cancel(request, signal) {
      const name = nameOf(request)
      observation.find(name)?.add({ kind: 'cancel', at: performance.now() })
      return transport.cancel(request, signal)
    },
  }
}

function nameOf(request: CancelRequest): string {
  if ('streamId' in request) return request.streamId
  return 'thread' in request ? request.thread : request.idempotencyKey
}

function watched(reading: Reading, observer: ReadingObserver, signal: AbortSignal): Reading {
  return {
    streamId: reading.streamId,
    async next() {
      try {
        const events = await reading.next()
        observer.received(events as readonly StreamEvent[])
        return events
      } catch (error) {
        if (!signal.aborted) observer.lost(error)
        throw error
      }
    },
    processed: (chunkId) => reading.processed?.(chunkId),
    get window() {
      return reading.window as number
    },
    get queued() {
      return reading.queued ?? 0
    },
  }
}
