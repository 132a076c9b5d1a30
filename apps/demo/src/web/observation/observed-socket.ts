import type { WebSocketConstructor } from '@sluice/client'
import type { Observation } from './observation.ts'

interface Ack {
  readonly type: 'chunk_ack'
  readonly stream_id: string
  readonly chunk_id: number
  readonly limit?: number
  readonly queue_length?: number
}

/** A `WebSocket` that lets the laboratory see the acks that leave. */
export function observedWebSocket(observation: Observation): WebSocketConstructor {
  class ObservedWebSocket extends WebSocket {
    override send(message: Parameters<WebSocket['send']>[0]): void {
      super.send(message)
      if (typeof message !== 'string' || !message.includes('"chunk_ack"')) return
      const { stream_id, chunk_id, limit = chunk_id, queue_length = 0 } = JSON.parse(message) as Ack
      const window = limit - chunk_id
      observation.find(stream_id)?.add({
        kind: 'ack',
        at: performance.now(),
        chunkId: chunk_id,
        window,
        queue: queue_length,
      })
    }
  }
  return ObservedWebSocket
}
