import type { ErrorFields } from '@sluice/core'
import type { DetachReason } from '@sluice/core/server'

/** The messages of a server other than the events of streams. They are in no log and have no `chunk_id`. */
export type ServerMessage =
  | {
      readonly type: 'connection_established'
      /** If it answers a `connection_init`. */
      readonly request_id?: string
      readonly connection_id: string
      readonly ping_interval_ms: number
      readonly limits: Readonly<Record<string, number>>
    }
  | {
      readonly type: 'stream_attached'
      readonly request_id: string
      readonly stream_id: string
      /** Whether the stream has ended. */
      readonly ended: boolean
      /** The chunk_id of its last event. */
      readonly last_chunk_id: number
    }
  | {
      readonly type: 'stream_detached'
      /** If it answers a `detach_stream`. */
      readonly request_id?: string
      readonly stream_id: string
      readonly reason: DetachReason | 'revoked'
      /** Seconds. */
      readonly retry_after?: number
    }
  | { readonly type: 'stream_cancel_accepted'; readonly request_id: string }
  | { readonly type: 'stream_state'; readonly stream_id: string; readonly state: 'paused' | 'streaming' }
  | ({
      readonly type: 'request_error'
      /** Absent if the message had none. */
      readonly request_id?: string
      /** If it is about a `chunk_ack`. */
      readonly stream_id?: string
    } & ErrorFields)
  | { readonly type: 'ping' }
  | { readonly type: 'pong' }
