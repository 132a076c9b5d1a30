import type { AgUiContentPart, AgUiMessage, AgUiSource } from './run-input.ts'

/** A message as the Chat Completions API takes it, and the many servers that have this API. */
export type ChatMessage =
  | { readonly role: 'user'; readonly content: string | ChatContentPart[] }
  | { readonly role: 'assistant'; readonly content?: string; readonly tool_calls?: ChatToolCall[] }
  | { readonly role: 'tool'; readonly tool_call_id: string; readonly content: string }

/** A part of a user's message. */
export type ChatContentPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image_url'; readonly image_url: { readonly url: string } }
  | {
      readonly type: 'input_audio'
      readonly input_audio: { readonly data: string; readonly format: 'wav' | 'mp3' }
    }
  | { readonly type: 'file'; readonly file: { readonly file_data: string } | { readonly file_id: string } }

/** A call of the assistant. */
export interface ChatToolCall {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
}

/**
 * The messages of an AG-UI client as the Chat Completions API takes them, for `openaiChat` of `@sluice/core/openai`. Reasoning
 * and activities are left out, and so is a part that this API has no form for (video). So are messages of the roles `developer`
 * and `system`: a client must not instruct the model.
 */
export function toChatMessages(messages: readonly AgUiMessage[]): ChatMessage[] {
  return messages.flatMap((message): ChatMessage[] => {
    switch (message.role) {
      case 'user': {
        const { content } = message
        return [
          { role: 'user', content: typeof content === 'string' ? content : content.flatMap(contentPart) },
        ]
      }
      case 'assistant': {
        const { content, toolCalls = [] } = message
        if (!content && toolCalls.length === 0) return []
        const calls = toolCalls.map(({ id, function: { name, arguments: written } }) => ({
          ...{ id, type: 'function' as const, function: { name, arguments: written } },
        }))
        return [
          { role: 'assistant', ...(content && { content }), ...(calls.length > 0 && { tool_calls: calls }) },
        ]
      }
      case 'tool':
        return [{ role: 'tool', tool_call_id: message.toolCallId, content: textOf(message.content) }]
      default:
        return []
    }
  })
}

function contentPart(part: AgUiContentPart): ChatContentPart[] {
  switch (part.type) {
    case 'text':
      return [{ type: 'text', text: part.text }]
    case 'image':
      return [{ type: 'image_url', image_url: { url: urlOf(part.source) } }]
    case 'audio': {
      const { type, value, mimeType = '' } = part.source
      const format = mimeType.includes('wav') ? 'wav' : 'mp3'
      return type === 'data' ? [{ type: 'input_audio', input_audio: { data: value, format } }] : []
    }
    case 'document': {
      const { type, value } = part.source
      return [
        { type: 'file', file: type === 'file' ? { file_id: value } : { file_data: urlOf(part.source) } },
      ]
    }
    default:
      return []
  }
}

function urlOf({ type, value, mimeType = 'application/octet-stream' }: AgUiSource): string {
  return type === 'data' ? `data:${mimeType};base64,${value}` : value
}

function textOf(content: string | readonly AgUiContentPart[]): string {
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
