/** The request of an AG-UI client to run an agent. https://docs.ag-ui.com/sdk/js/core/types#runagentinput */
export interface AgUiRunInput {
  /** The conversation: the thread of the stream. */
  readonly threadId: string
  /** The run: what makes a repeated request find the stream that the first one started. */
  readonly runId: string
  /** The run that this one continues, or that started it. */
  readonly parentRunId?: string
  /** The state that the client has. Any JSON value. */
  readonly state?: unknown
  /** The conversation so far, in order. */
  readonly messages: readonly AgUiMessage[]
  /** The tools of the client: it runs them itself. */
  readonly tools: readonly AgUiTool[]
  readonly context: readonly AgUiContext[]
  /** What the page hands on. Any JSON value. */
  readonly forwardedProps?: unknown
  /** The answers to the interrupts with which an earlier run of the thread ended. */
  readonly resume?: readonly AgUiResumeEntry[]
}

/** A message of a conversation. A client may write any of them, also those of the assistant and of tools. */
export type AgUiMessage =
  | (MessageBase & {
      readonly role: 'developer' | 'system'
      readonly content: string
      readonly name?: string
    })
  | (MessageBase & {
      readonly role: 'user'
      readonly content: string | readonly AgUiContentPart[]
      readonly name?: string
    })
  | (MessageBase & {
      readonly role: 'assistant'
      readonly content?: string
      readonly name?: string
      readonly toolCalls?: readonly AgUiToolCall[]
    })
  | (MessageBase & {
      readonly role: 'tool'
      readonly content: string | readonly AgUiContentPart[]
      readonly toolCallId: string
      readonly error?: string
    })
  | (MessageBase & { readonly role: 'reasoning'; readonly content: string; readonly encryptedValue?: string })
  | (MessageBase & {
      readonly role: 'activity'
      readonly activityType: string
      readonly content: Readonly<Record<string, unknown>>
    })

interface MessageBase {
  readonly id: string
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** A part of what a person sent, or of what a tool returned. */
export type AgUiContentPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image' | 'audio' | 'video' | 'document'; readonly source: AgUiSource }

/** The bytes of a part: base64, a URL, or a handle that a provider gave. */
export interface AgUiSource {
  readonly type: 'data' | 'url' | 'file'
  readonly value: string
  readonly mimeType?: string
}

/** A call that the assistant made. `arguments` is JSON text. */
export interface AgUiToolCall {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
}

/** A tool of the client. `parameters` is a JSON Schema. */
export interface AgUiTool {
  readonly name: string
  readonly description: string
  readonly parameters?: unknown
}

/** What the page says of itself. */
export interface AgUiContext {
  readonly description: string
  readonly value: string
}

/** The answer to an interrupt. */
export interface AgUiResumeEntry {
  readonly interruptId: string
  readonly status: 'resolved' | 'cancelled'
  readonly payload?: unknown
}
