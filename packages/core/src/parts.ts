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

/** A piece of a tool call; fragments of one `index` are joined. */
export interface ToolCallPart {
  readonly type: 'tool_call'
  readonly index: number
  readonly id?: string
  readonly name?: string
  readonly arguments?: string
}

/** The application's own part. Made with {@link data}, its type reaches the client. */
export interface DataPart<Name extends string = string, Data = unknown> {
  readonly type: 'data'
  readonly name: Name
  readonly data: Data
}

/** How the provider says that the answer ended. The last part of a source. */
export interface FinishPart {
  readonly type: 'finish'
  /** `stop`, `length`, `tool_calls`, … */
  readonly finishReason: string
  readonly usage?: Usage
}

/** What a source yields, in order. */
export type Part = string | ContentPart | ReasoningPart | ToolCallPart | DataPart | FinishPart

/**
 * A part of the application's own. The client gets it as a `data_chunk` event with this name and type.
 *
 * @example
 * yield data('forecast', { city: 'Lyon', celsius: 21 })
 */
export function data<const Name extends string, Data>(name: Name, value: Data): DataPart<Name, Data> {
  return { type: 'data', name, data: value }
}
