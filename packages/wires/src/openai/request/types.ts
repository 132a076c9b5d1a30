/**
 * A request as the `input` of a model gets it: that of Chat Completions as it came; that of Responses by the names of Chat
 * Completions. Its types fit those of the `openai` package. A parameter that is `null` is absent, as on OpenAI's servers.
 */
export interface OpenAiRequest extends SamplingParameters {
  /** The route that it came by. */
  readonly api: 'chat.completions' | 'responses'
  readonly model: string
  /** The conversation. `instructions` and `input` of Responses are in it, as messages. */
  readonly messages: ChatMessage[]
  /** The functions that the client runs. Hand them to the provider: the calls that it makes go to the client. */
  readonly tools?: ChatTool[]
  readonly tool_choice?: ChatToolChoice
  readonly parallel_tool_calls?: boolean
  /** The form of the answer, JSON for instance. `text.format` of Responses. */
  readonly response_format?: ChatResponseFormat
  readonly stop?: string | string[]
  /** The response that this one follows, of Responses. Its stream is `streamIdOf(previous_response_id)`. */
  readonly previous_response_id?: string
  /** The conversation that this is a part of, of Responses. It is the thread of the stream too. */
  readonly conversation?: string
  /** All of the request, by its own names. Each parameter that you read from it counts as supported. */
  readonly body: Readonly<Record<string, unknown>>
}

/** The parameters that say how the model answers. An application that does not read them has chosen its own. */
export interface SamplingParameters {
  readonly temperature?: number
  readonly top_p?: number
  readonly frequency_penalty?: number
  readonly presence_penalty?: number
  readonly logit_bias?: Record<string, number>
  readonly seed?: number
  readonly max_tokens?: number
  /** `max_output_tokens` of Responses. */
  readonly max_completion_tokens?: number
  /** `reasoning.effort` of Responses. */
  readonly reasoning_effort?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max'
  /** `text.verbosity` of Responses. */
  readonly verbosity?: 'low' | 'medium' | 'high'
}

/** A message of the conversation. */
export type ChatMessage =
  | { role: 'system' | 'developer'; content: string | TextPart[]; name?: string }
  | { role: 'user'; content: string | UserPart[]; name?: string }
  | AssistantMessage
  | { role: 'tool'; content: string | TextPart[]; tool_call_id: string }
  | { role: 'function'; content: string | null; name: string }

/** An earlier answer of the model. */
export interface AssistantMessage {
  role: 'assistant'
  content?: string | (TextPart | { type: 'refusal'; refusal: string })[] | null
  refusal?: string | null
  name?: string
  tool_calls?: ChatToolCall[]
}

/** A call that the model made earlier. */
export type ChatToolCall =
  | { id: string; type: 'function'; function: { name: string; arguments: string } }
  | { id: string; type: 'custom'; custom: { name: string; input: string } }

/** A text. */
export interface TextPart {
  type: 'text'
  text: string
}

/** A part of what the user said. */
export type UserPart =
  | TextPart
  | { type: 'image_url'; image_url: { url: string; detail?: 'auto' | 'low' | 'high' } }
  | { type: 'input_audio'; input_audio: { data: string; format: 'wav' | 'mp3' } }
  | { type: 'file'; file: { file_data?: string; file_id?: string; filename?: string } }

/** A function that the model may call. */
export type ChatTool =
  | {
      type: 'function'
      function: {
        name: string
        description?: string
        parameters?: Record<string, unknown>
        strict?: boolean | null
      }
    }
  | { type: 'custom'; custom: { name: string; description?: string } }

/** Which of them it has to call. */
export type ChatToolChoice =
  | 'none'
  | 'auto'
  | 'required'
  | { type: 'function'; function: { name: string } }
  | { type: 'custom'; custom: { name: string } }
  | { type: 'allowed_tools'; allowed_tools: { mode: 'auto' | 'required'; tools: Record<string, unknown>[] } }

/** The form of the answer. */
export type ChatResponseFormat =
  | { type: 'text' }
  | { type: 'json_object' }
  | {
      type: 'json_schema'
      json_schema: {
        name: string
        description?: string
        schema?: Record<string, unknown>
        strict?: boolean | null
      }
    }
