import type { Usage } from './events.ts'

/** A piece of the answer's text. A plain string is one too. */
export interface ContentPart {
  readonly type: 'content'
  readonly content: string
}

/** A piece of the reasoning's text. */
export interface ReasoningPart {
  readonly type: 'reasoning'
  readonly content: string
}

/**
 * A fragment of a tool call. Fragments at one `index` are one call, until one has a new `id`, the call has its result,
 * or the round is finished. The events of a call have a number of their own, see `PROTOCOL.md`, "tool_call_chunk".
 */
export interface ToolCallPart {
  readonly type: 'tool_call'
  readonly index: number
  readonly id?: string
  readonly name?: string
  readonly arguments?: string
}

/** The result of a tool call. Made with {@link toolResult}. */
export interface ToolResultPart {
  readonly type: 'tool_result'
  /** The provider's id of the call. */
  readonly id: string
  /** Any JSON value. */
  readonly output: unknown
  /** The tool failed, and `output` says how. @default false */
  readonly isError?: boolean
}

/** A source that the answer is based on, or a citation of it. It needs an `id`, a `url` or a `title`. */
export interface SourcePart {
  readonly type: 'source'
  readonly id?: string
  /** `http:`, `https:`, or relative to the page, so that a page can link it. */
  readonly url?: string
  readonly title?: string
  /** The words of the source that are cited. */
  readonly quote?: string
  /** The part of the answer's text that the source stands behind: from `start` to before `end`, in UTF-16 code units. */
  readonly start?: number
  readonly end?: number
}

/**
 * A file that is part of the answer, an image for instance. It needs either `url` or `data`, and has to fit into one
 * event (`maxEventBytes` of the definition): store a larger file, and yield its `url`.
 */
export interface FilePart {
  readonly type: 'file'
  /** As in RFC 6838: `image/png`; `image/*` if only that much is known. */
  readonly mediaType: string
  /** `http:`, `https:`, or relative to the page. */
  readonly url?: string
  /** The bytes of the file, base64 (RFC 4648, section 4). */
  readonly data?: string
  readonly name?: string
}

/** The application's own part. Made with {@link data}, its type reaches the client. */
export interface DataPart<Name extends string = string, Data = unknown> {
  readonly type: 'data'
  readonly name: Name
  readonly data: Data
}

/** The end of a round of the provider. The answer ends with the last round; parts that follow begin another. */
export interface FinishPart {
  readonly type: 'finish'
  /** `stop`, `length`, `tool_calls`, … */
  readonly finishReason: string
  /** The provider's own word for the reason, if the source translated it: `end_turn`, `MAX_TOKENS`, … For `onEnd`. */
  readonly providerReason?: string
  /** Of this round. The stream's is the sum of its rounds. */
  readonly usage?: Usage
  /**
   * The provider's own assistant message of this round, with all that the next request needs (signatures of thinking,
   * citations). It is handed to `onEnd` and to {@link round}, and never sent to viewers.
   */
  readonly message?: unknown
}

/** The values that a source yields, in order. */
export type Part =
  | string
  | ContentPart
  | ReasoningPart
  | ToolCallPart
  | ToolResultPart
  | DataPart
  | SourcePart
  | FilePart
  | FinishPart

/**
 * A part of the application's own. The client gets it as a `data_chunk` event with this name and type.
 *
 * @example
 * yield data('forecast', { city: 'Lyon', celsius: 21 })
 */
export function data<const Name extends string, Data>(name: Name, value: Data): DataPart<Name, Data> {
  return { type: 'data', name, data: value }
}

/**
 * The result of a tool call: viewers see it with the call.
 *
 * @param id The provider's id of the call.
 * @param output Any JSON value; of a failure, what the model is told.
 *
 * @example
 * yield toolResult(call.id, await search(JSON.parse(call.arguments)))
 */
export function toolResult(id: string, output: unknown, { isError = false } = {}): ToolResultPart {
  return { type: 'tool_result', id, output, isError }
}
