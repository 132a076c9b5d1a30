import type { ResponseUsage } from '../usage.ts'

/** The state of a response. https://platform.openai.com/docs/api-reference/responses/object */
export type ResponseStatus = 'in_progress' | 'completed' | 'incomplete' | 'failed' | 'cancelled'

/** The state of an item. */
export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

/** A source that a text cites. */
export interface UrlCitation {
  readonly type: 'url_citation'
  readonly url: string
  readonly title: string
  /** In the text of the part, in UTF-16 code units; both are 0 if no part of it is named. */
  readonly start_index: number
  readonly end_index: number
}

/** A part of a message. */
export type MessagePart =
  | {
      readonly type: 'output_text'
      readonly text: string
      readonly annotations: readonly UrlCitation[]
      readonly logprobs: readonly []
    }
  | { readonly type: 'refusal'; readonly refusal: string }

/** A text of the model. */
export interface MessageItem {
  readonly type: 'message'
  readonly id: string
  readonly role: 'assistant'
  readonly status: ItemStatus
  readonly content: readonly MessagePart[]
}

/** The reasoning of the model, as far as the provider shows it. */
export interface ReasoningItem {
  readonly type: 'reasoning'
  readonly id: string
  readonly status: ItemStatus
  readonly summary: readonly { readonly type: 'summary_text'; readonly text: string }[]
}

/** A call that the client has to make. */
export interface FunctionCallItem {
  readonly type: 'function_call'
  readonly id: string
  readonly call_id: string
  readonly name: string
  readonly arguments: string
  readonly status: ItemStatus
}

/** The result of a call of the client's functions that the server has made nevertheless. */
export interface FunctionCallOutputItem {
  readonly type: 'function_call_output'
  readonly id: string
  readonly call_id: string
  readonly output: string
  readonly status: 'completed'
}

/** A call that the server has made, with its result. */
export interface ServerCallItem {
  readonly type: 'mcp_call'
  readonly id: string
  /** The name of the model. */
  readonly server_label: string
  readonly name: string
  readonly arguments: string
  readonly output: string | null
  readonly error: string | null
  readonly status: 'in_progress' | 'completed' | 'failed'
}

/** An image that the answer has. */
export interface ImageItem {
  readonly type: 'image_generation_call'
  readonly id: string
  /** Base64. */
  readonly result: string | null
  readonly output_format: string
  readonly status: 'in_progress' | 'completed'
}

/** An item of a response. */
export type OutputItem =
  | MessageItem
  | ReasoningItem
  | FunctionCallItem
  | FunctionCallOutputItem
  | ServerCallItem
  | ImageItem

/**
 * A response, as far as Sluice sends it. The parameters of the request are not kept, so those that a response repeats
 * have the values of a request that named none.
 */
export interface ResponseObject {
  readonly id: string
  readonly object: 'response'
  /** Seconds since the epoch. */
  readonly created_at: number
  readonly completed_at: number | null
  readonly status: ResponseStatus
  readonly model: string
  readonly output: readonly OutputItem[]
  readonly error: { readonly code: string; readonly message: string } | null
  readonly incomplete_details: { readonly reason: string } | null
  readonly usage: ResponseUsage | null
  /** Each answer goes on without its connections. */
  readonly background: true
  readonly conversation: { readonly id: string } | null
  readonly instructions: null
  readonly max_output_tokens: null
  readonly metadata: Readonly<Record<string, string>>
  readonly parallel_tool_calls: true
  readonly previous_response_id: null
  readonly temperature: null
  readonly tool_choice: 'auto'
  readonly tools: readonly []
  readonly top_p: null
}
