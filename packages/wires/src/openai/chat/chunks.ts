import type { OpenAiError } from '../errors.ts'
import type { CompletionUsage } from '../usage.ts'

/**
 * A chunk of a streamed chat completion, as far as Sluice sends them.
 * https://platform.openai.com/docs/api-reference/chat-streaming
 */
export interface ChatCompletionChunk {
  readonly id: string
  readonly object: 'chat.completion.chunk'
  /** Seconds since the epoch. */
  readonly created: number
  readonly model: string
  /** One; none in the chunk with the usage. */
  readonly choices: readonly ChunkChoice[]
  /** Only if the client asked for it; `null` before the last chunk. */
  readonly usage?: CompletionUsage | null
}

/** The one choice of a chunk. */
export interface ChunkChoice {
  readonly index: 0
  readonly delta: ChunkDelta
  readonly logprobs: null
  readonly finish_reason: ChatFinishReason | null
}

/** An addition to the message. */
export interface ChunkDelta {
  readonly role?: 'assistant'
  readonly content?: string
  readonly refusal?: null
  /** Not OpenAI's own: the name that DeepSeek gave it, and that most clients read. */
  readonly reasoning_content?: string
  readonly tool_calls?: readonly ToolCallDelta[]
  readonly annotations?: readonly ChatAnnotation[]
}

/** A fragment of a call. The first of each call has its id and its name. */
export interface ToolCallDelta {
  readonly index: number
  readonly id?: string
  readonly type?: 'function'
  readonly function: { readonly name?: string; readonly arguments: string }
}

/** A source that the answer cites. */
export interface ChatAnnotation {
  readonly type: 'url_citation'
  readonly url_citation: {
    readonly url: string
    readonly title: string
    /** In the text of the message, in UTF-16 code units; both are 0 if no part of it is named. */
    readonly start_index: number
    readonly end_index: number
  }
}

/** The reasons for the end of an answer. */
export type ChatFinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter'

/** A chunk that says what went wrong. Clients throw it. */
export interface ErrorChunk {
  readonly error: OpenAiError
}

/** A chat completion that is not streamed. */
export interface ChatCompletion {
  readonly id: string
  readonly object: 'chat.completion'
  readonly created: number
  readonly model: string
  readonly choices: readonly [CompletionChoice]
  readonly usage?: CompletionUsage
}

/** The one choice of a chat completion. */
export interface CompletionChoice {
  readonly index: 0
  readonly message: {
    readonly role: 'assistant'
    readonly content: string | null
    readonly refusal: null
    readonly reasoning_content?: string
    readonly tool_calls?: readonly {
      readonly id: string
      readonly type: 'function'
      readonly function: { readonly name: string; readonly arguments: string }
    }[]
    readonly annotations?: readonly ChatAnnotation[]
  }
  readonly logprobs: null
  readonly finish_reason: ChatFinishReason
}
