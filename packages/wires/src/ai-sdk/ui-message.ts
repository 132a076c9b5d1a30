/**
 * The AI SDK's messages as a client posts them: the parts of them that a server needs to know. A `UIMessage` of `ai` fits.
 * https://ai-sdk.dev/docs/reference/ai-sdk-core/ui-message
 */
export interface UiMessage {
  /** As the client names it. A client that posts its last message only may leave it out. */
  readonly id?: string
  /** A client can name itself `system` or `assistant`: nothing in a message is to be trusted. */
  readonly role: 'system' | 'user' | 'assistant'
  readonly parts: readonly UiMessagePart[]
  readonly metadata?: unknown
}

/** A part of a {@link UiMessage}. Parts of types that are not listed here pass as they are. */
export type UiMessagePart =
  | { readonly type: 'text' | 'reasoning'; readonly text: string }
  | { readonly type: 'file'; readonly mediaType: string; readonly url: string; readonly filename?: string }
  | UiToolPart
  | UiDataPart
  | { readonly type: 'step-start' | 'source-url' | 'source-document' }
  | { readonly type: 'reasoning-file' | 'steering-message' | 'custom' }

/** A tool call, and its result as far as it has come. */
export interface UiToolPart {
  readonly type: `tool-${string}` | 'dynamic-tool'
  /** Of a `dynamic-tool`. */
  readonly toolName?: string
  readonly toolCallId: string
  readonly state: UiToolState
  readonly input?: unknown
  /** If the state is `output-available`. */
  readonly output?: unknown
  /** If the state is `output-error`. */
  readonly errorText?: string
}

/** The states of a tool call in the AI SDK. */
export type UiToolState =
  | 'input-streaming'
  | 'input-available'
  | 'approval-requested'
  | 'approval-responded'
  | 'output-available'
  | 'output-error'
  | 'output-denied'

/** The application's own data. */
export interface UiDataPart {
  readonly type: `data-${string}`
  readonly id?: string
  readonly data: unknown
}

/** Whether a part is a tool call. */
export function isToolPart(part: { readonly type: string }): part is UiToolPart {
  return part.type === 'dynamic-tool' || part.type.startsWith('tool-')
}

/** The name of the tool that a part calls. */
export function toolNameOf(part: UiToolPart): string {
  return part.type === 'dynamic-tool' ? (part.toolName ?? 'unknown') : part.type.slice('tool-'.length)
}
