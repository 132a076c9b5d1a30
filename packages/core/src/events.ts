/**
 * The events of a stream, as they are in the log and on the wire: JSON objects, snake_case, UTF-8.
 * `PROTOCOL.md` is the reference; these interfaces are its types. `at` is in each event of a definition with
 * `timestamps`: milliseconds since the stream's `created_at`.
 */

import type { InputIssue } from './errors.ts'

/** Chunk 1 of each stream, appended at admission, before the provider is asked. */
export interface StreamStartEvent {
  readonly type: 'stream_start'
  readonly chunk_id: number
  readonly at?: number
  /** 128 random bits, base64url. */
  readonly stream_id: string
  /** The definition's name. */
  readonly stream: string
  readonly model?: string
  /** Milliseconds since the epoch. */
  readonly created_at: number
}

/** A piece of the answer's text. */
export interface ContentChunkEvent {
  readonly type: 'content_chunk'
  readonly chunk_id: number
  readonly at?: number
  readonly content: string
}

/** A piece of the reasoning's text. */
export interface ReasoningChunkEvent {
  readonly type: 'reasoning_chunk'
  readonly chunk_id: number
  readonly at?: number
  readonly content: string
}

/** A piece of a tool call. `arguments` is a fragment of JSON text; fragments of one `index` are joined. */
export interface ToolCallChunkEvent {
  readonly type: 'tool_call_chunk'
  readonly chunk_id: number
  readonly at?: number
  readonly index: number
  readonly id?: string
  readonly name?: string
  readonly arguments?: string
}

/** The application's own typed part. */
export interface DataChunkEvent<Name extends string = string, Data = unknown> {
  readonly type: 'data_chunk'
  readonly chunk_id: number
  readonly at?: number
  readonly name: Name
  readonly data: Data
}

/** The result of a tool call. It belongs to the call with this `index`; a later one takes the place of an earlier one. */
export interface ToolResultEvent {
  readonly type: 'tool_result'
  readonly chunk_id: number
  readonly at?: number
  readonly index: number
  /** The provider's id of the call. */
  readonly id: string
  /** Any JSON value. */
  readonly output: unknown
  /** The tool failed, and `output` says how. */
  readonly is_error: boolean
}

/** A source that the answer is based on, or a citation of it. It has an `id`, a `url` or a `title` at least. */
export interface SourceEvent {
  readonly type: 'source'
  readonly chunk_id: number
  readonly at?: number
  /** As the provider or the application names the source. */
  readonly id?: string
  /** `http:`, `https:`, or relative to the page: safe to link. */
  readonly url?: string
  readonly title?: string
  /** The words of the source that are cited. */
  readonly quote?: string
  /** The part of the answer's text that the source stands behind: from `start` to before `end`, in UTF-16 code units. */
  readonly start?: number
  readonly end?: number
}

/** A file that is part of the answer, an image for instance. It has either `url` or `data`. */
export interface FileEvent {
  readonly type: 'file'
  readonly chunk_id: number
  readonly at?: number
  /** As in RFC 6838: `image/png`; `image/*` if only that much is known. */
  readonly media_type: string
  /** `http:`, `https:`, or relative to the page: safe to link. */
  readonly url?: string
  /** The bytes of the file, base64 (RFC 4648, section 4). */
  readonly data?: string
  readonly name?: string
}

/** The provider's attempt failed and is repeated: events after `keep_until` and before this one are void. */
export interface StreamRetryEvent {
  readonly type: 'stream_retry'
  readonly chunk_id: number
  readonly at?: number
  readonly error_type: string
  readonly retry_count: number
  readonly delay_ms: number
  readonly keep_until: number
}

/** The provider's counts, in tokens. */
export interface Usage {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly total_tokens: number
  readonly cached_tokens?: number
  readonly reasoning_tokens?: number
  /** Further numbers of the provider, by its own names. */
  readonly details?: Readonly<Record<string, number>>
}

/** Terminal: the answer is whole. */
export interface StreamCompleteEvent {
  readonly type: 'stream_complete'
  readonly chunk_id: number
  readonly at?: number
  /** As the provider named it: `stop`, `length`, `tool_calls`, … */
  readonly finish_reason: string
  readonly usage?: Usage
  /** How many events of the log bring a part of the answer, void ones included. */
  readonly total_chunks: number
  /** From admission to the first chunk, in milliseconds; `null` when there was none. */
  readonly ttft_ms: number | null
  /** From admission to this event, in milliseconds. */
  readonly duration_ms: number
}

/** Terminal: the answer broke off. */
export interface StreamErrorEvent {
  readonly type: 'stream_error'
  readonly chunk_id: number
  readonly at?: number
  readonly error_type: string
  readonly message: string
  /** A new start, with a new key, may succeed. */
  readonly recoverable: boolean
  /** Seconds. */
  readonly retry_after?: number
  readonly retry_count?: number
  readonly issues?: readonly InputIssue[]
  readonly context?: Readonly<Record<string, unknown>>
}

/** Terminal: a viewer with the permission, or the server, stopped the generation. */
export interface StreamCancelledEvent {
  readonly type: 'stream_cancelled'
  readonly chunk_id: number
  readonly at?: number
  readonly reason: string
}

/** The events after which nothing can be appended. */
export type TerminalEvent = StreamCompleteEvent | StreamErrorEvent | StreamCancelledEvent

/** The events that carry a piece of the answer. */
export type ChunkEvent =
  | ContentChunkEvent
  | ReasoningChunkEvent
  | ToolCallChunkEvent
  | ToolResultEvent
  | DataChunkEvent
  | SourceEvent
  | FileEvent

/** Any event of a stream's log. */
export type StreamEvent = StreamStartEvent | ChunkEvent | StreamRetryEvent | TerminalEvent

/** `Omit` that keeps a union a union. */
export type WithoutChunkId<E> = E extends unknown ? Omit<E, 'chunk_id' | 'at'> : never

const TERMINAL: readonly string[] = [
  'stream_complete',
  'stream_error',
  'stream_cancelled',
] satisfies TerminalEvent['type'][]

/** Whether nothing can follow this event in its stream. */
export function isTerminal(event: { readonly type: string }): event is TerminalEvent {
  return TERMINAL.includes(event.type)
}
