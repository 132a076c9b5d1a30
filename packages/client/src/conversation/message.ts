import {
  type ErrorFields,
  type EventOf,
  type FileEvent,
  partsOf,
  type SourceEvent,
  StreamingError,
  type StreamShape,
  type ToolCall,
  type TranscriptPart,
  type Usage,
} from '@sluice/core'
import type { Snapshot } from '../snapshot.ts'

/** An attached file, as JSON: `url` is an address that the server can read, or a `data:` URL. */
export interface FilePart {
  readonly type: 'file'
  readonly name: string
  /** MIME type, for instance `image/png`. */
  readonly mediaType: string
  readonly url: string
}

/** The events of the application's own data parts, typed by the definition. */
export type DataOf<S extends StreamShape> = Extract<EventOf<S>, { type: 'data_chunk' }>

/** A part of a message. `data_chunk` parts are typed by the server's definition. */
export type MessagePart<D> =
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'text'; readonly text: string }
  /** `arguments` is JSON text, whole if the message is `done`. With `result`, the server has run the tool. */
  | ({ readonly type: 'tool_call' } & ToolCall)
  | { readonly type: 'tool_result'; readonly callId: string; readonly output: unknown }
  | FilePart
  /** A source that the answer is based on. */
  | SourceEvent
  | D

/**
 * How far a message is.
 * - `queued`: it waits until the answer before it has ended.
 * - `sending`: it is on its way to the server.
 * - `waiting`: there is no connection; `snapshot.waiting` of the session says what it waits for.
 * - `thinking`: the server has it, and no text of the answer has come.
 * - `answering`: text comes.
 * - `done`, `stopped`, `failed`: nothing more comes. If it is `failed`, `error` and `remedy` are set.
 */
export type MessageStatus =
  | 'queued'
  | 'sending'
  | 'waiting'
  | 'thinking'
  | 'answering'
  | 'done'
  | 'stopped'
  | 'failed'

/**
 * The way out of a failed message for the reader: `retry` it (after `error.retryAfterMs`, if that is set), sign in,
 * send a shorter conversation, change the input, or nothing.
 */
export type Remedy = 'retry' | 'sign_in' | 'shorten' | 'change' | 'none'

/** One message. Immutable: another object only if something in it has changed. As JSON it can be stored and loaded. */
export interface Message<D = never> {
  readonly id: string
  /** The message before it; `null` for the first. Messages with the same parent are branches. */
  readonly parentId: string | null
  readonly role: 'user' | 'assistant' | 'tool'
  /** In the order in which they began. An answer's text that goes on after a tool call is a part of its own. */
  readonly parts: readonly MessagePart<D>[]
  /** The text parts, joined. */
  readonly text: string
  readonly status: MessageStatus
  /** The stream of an answer, as soon as the server has named it. */
  readonly streamId: string | null
  readonly usage: Usage | null
  readonly finishReason: string | null
  readonly error: StreamingError | null
  readonly remedy: Remedy | null
}

/** A message that was stored. Without `parentId`, the one before it in the list is its parent. */
export type StoredMessage<D = never> = Pick<Message<D>, 'id' | 'role' | 'parts'> & Partial<Message<D>>

/** Whether nothing more comes. */
export function hasEnded({ status }: Pick<Message, 'status'>): boolean {
  return status === 'done' || status === 'stopped' || status === 'failed'
}

/** A message with the fields that are not given. */
export function toMessage<D>(stored: StoredMessage<D>, parentId: string | null): Message<D> {
  const defaults = { parentId, status: 'done', streamId: null, usage: null, finishReason: null } as const
  // As JSON an error has its wire form.
  const { error = null } = stored as { readonly error?: StreamingError | Partial<ErrorFields> | null }
  const known = error === null || error instanceof StreamingError ? error : StreamingError.fromWire(error)
  return { ...defaults, remedy: null, ...stored, error: known, text: textOf(stored.parts) }
}

/** The fields of an answer, from its session's snapshot. */
export function answerOf<D>(snapshot: Snapshot): Partial<Message<D>> {
  const { text, streamId, usage, finishReason, error } = snapshot
  const parts = partsOf(snapshot).map((part) =>
    isFileEvent(part) ? fromEvent(part) : part,
  ) as MessagePart<D>[]
  const remedy = error && remedyOf(error)
  return { parts, text, status: statusOf(snapshot), streamId, usage, finishReason, error, remedy }
}

/** The fields of a message that has failed. */
export function failure(error: StreamingError): Pick<Message, 'status' | 'error' | 'remedy'> {
  return { status: 'failed', error, remedy: remedyOf(error) }
}

function remedyOf({ type, recoverable }: StreamingError): Remedy {
  if (recoverable) return 'retry'
  if (type === 'authentication') return 'sign_in'
  if (type === 'context_length_exceeded') return 'shorten'
  return type === 'invalid_request' || type === 'content_filter' ? 'change' : 'none'
}

function isFileEvent(part: TranscriptPart): part is FileEvent {
  return part.type === 'file'
}

/** A file of an answer, in the form of one that was attached. */
function fromEvent({ name = '', media_type: mediaType, url, data }: FileEvent): FilePart {
  return { type: 'file', name, mediaType, url: url ?? `data:${mediaType};base64,${data}` }
}

function statusOf({ state, waiting, streamId, text }: Snapshot): MessageStatus {
  if (state === 'completed') return 'done'
  if (state === 'cancelled') return 'stopped'
  if (state === 'error') return 'failed'
  if (waiting) return 'waiting'
  if (text) return 'answering'
  return streamId === null ? 'sending' : 'thinking'
}

function textOf(parts: readonly unknown[]): string {
  const texts = parts as readonly { readonly type: string; readonly text?: string }[]
  return texts.map(({ type, text }) => (type === 'text' ? text : '')).join('')
}
