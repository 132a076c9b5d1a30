import type { EventOf, StreamShape } from '@sluice/core'

/**
 * The chunks of the AI SDK's UI message stream, version 1, as far as Sluice sends them.
 * https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol#data-stream-protocol
 */
export type UiMessageChunk =
  | { readonly type: 'start'; readonly messageId?: string; readonly messageMetadata: UiMessageMetadata }
  | { readonly type: 'start-step' | 'finish-step' | 'reset-step' }
  | { readonly type: 'text-start' | 'text-end' | 'reasoning-start' | 'reasoning-end'; readonly id: string }
  | { readonly type: 'text-delta' | 'reasoning-delta'; readonly id: string; readonly delta: string }
  | { readonly type: 'tool-input-start'; readonly toolCallId: string; readonly toolName: string }
  | { readonly type: 'tool-input-delta'; readonly toolCallId: string; readonly inputTextDelta: string }
  | {
      readonly type: 'tool-input-available'
      readonly toolCallId: string
      readonly toolName: string
      readonly input: unknown
      readonly providerExecuted?: true
    }
  | {
      readonly type: 'tool-input-error'
      readonly toolCallId: string
      readonly toolName: string
      readonly input: string
      readonly errorText: string
    }
  | { readonly type: 'tool-output-available'; readonly toolCallId: string; readonly output: unknown }
  | { readonly type: 'tool-output-error'; readonly toolCallId: string; readonly errorText: string }
  | { readonly type: 'source-url'; readonly sourceId: string; readonly url: string; readonly title?: string }
  | {
      readonly type: 'source-document'
      readonly sourceId: string
      readonly mediaType: string
      readonly title: string
    }
  | { readonly type: 'file'; readonly url: string; readonly mediaType: string }
  | { readonly type: `data-${string}`; readonly id: string; readonly data: unknown }
  | { readonly type: 'error'; readonly errorText: string }
  | { readonly type: 'abort'; readonly reason: string }
  | {
      readonly type: 'finish'
      readonly finishReason: UiFinishReason
      readonly messageMetadata?: UiMessageMetadata
    }

/** The AI SDK's words for the end of an answer. */
export type UiFinishReason = 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'error' | 'other'

/** What the wire says of an answer: the `metadata` of the client's message. */
export interface UiMessageMetadata {
  /** The stream that brings the message. */
  readonly streamId?: string
  /** The model's name, if the definition has one. */
  readonly model?: string
  /** When the answer began, in milliseconds since the epoch. */
  readonly createdAt?: number
  /** The provider's counts, in tokens, by the names of the AI SDK. In a message that is complete. */
  readonly usage?: {
    readonly inputTokens: number
    readonly outputTokens: number
    readonly totalTokens: number
    readonly cachedInputTokens?: number
    readonly reasoningTokens?: number
  }
  /** From the start to the end, in milliseconds. In a message that is complete. */
  readonly durationMs?: number
}

/**
 * The types of a definition's own data parts, by name: the second type argument of `UIMessage` in a page.
 *
 * @example
 * import type { UiDataTypes, UiMessageMetadata } from '@sluice/wires/ai-sdk'
 * useChat<UIMessage<UiMessageMetadata, UiDataTypes<typeof streams.chat>>>({ … })
 */
export type UiDataTypes<S extends StreamShape> = {
  [E in Extract<EventOf<S>, { type: 'data_chunk' }> as E['name']]: E['data']
}
