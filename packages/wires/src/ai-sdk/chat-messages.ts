import { isToolPart, toolNameOf, type UiMessage, type UiMessagePart, type UiToolPart } from './ui-message.ts'

/** A message as Chat Completions takes it: `openaiChat` of `@sluice/core/openai` and most providers. */
export type ChatMessage =
  | { role: 'user'; content: string | ChatContent[] }
  | { role: 'assistant'; content: string | null; tool_calls?: ChatToolCall[] }
  | { role: 'tool'; tool_call_id: string; content: string }

/** A part of a user's message. */
export type ChatContent =
  | { type: 'text'; text: string }
  | { type: 'image_url'; image_url: { url: string } }
  | { type: 'file'; file: { file_data: string; filename?: string } }

/** A tool call of the assistant. `arguments` is JSON text. */
export interface ChatToolCall {
  id: string
  type: 'function'
  function: { name: string; arguments: string }
}

/**
 * The messages of a chat for Chat Completions (https://platform.openai.com/docs/api-reference/chat/create).
 *
 * - Text, images and files of the user; text and tool calls of the assistant, each round with the results behind it.
 * - Calls without a result are left out: a provider refuses them. So are reasoning, sources, and data parts.
 * - Messages with the role `system` are left out: a client must not instruct the model. Put your instructions into `run`.
 *
 * For the AI SDK's `streamText`, use its own `convertToModelMessages`.
 *
 * @example
 * app.register(aiSdk, { hub, owner, prefix: '/api/chat', stream: 'chat', input: ({ messages }) => ({ messages: toChatMessages(messages) }) })
 */
export function toChatMessages(messages: readonly UiMessage[]): ChatMessage[] {
  return messages.flatMap(({ role, parts }): ChatMessage[] => {
    if (role === 'user') return [{ role, content: contentOf(parts) }]
    return role === 'assistant' ? roundsOf(parts).flatMap(roundMessages) : []
  })
}

function contentOf(parts: readonly UiMessagePart[]): string | ChatContent[] {
  const content = parts.flatMap((part): ChatContent[] => {
    if (part.type === 'text') return [{ type: 'text', text: part.text }]
    if (part.type !== 'file') return []
    if (part.mediaType.startsWith('image/')) return [{ type: 'image_url', image_url: { url: part.url } }]
    const { url, filename } = part
    return [{ type: 'file', file: { file_data: url, ...(filename && { filename }) } }]
  })
  const [first] = content
  return content.length === 1 && first?.type === 'text' ? first.text : content
}

/** The parts of an answer, a list for each step of it. */
function roundsOf(parts: readonly UiMessagePart[]): UiMessagePart[][] {
  const rounds: UiMessagePart[][] = [[]]
  for (const part of parts) {
    if (part.type === 'step-start') rounds.push([])
    else rounds.at(-1)!.push(part)
  }
  return rounds
}

function roundMessages(parts: readonly UiMessagePart[]): ChatMessage[] {
  const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
  const calls = parts.filter(isToolPart).filter((part) => resultOf(part) !== undefined)
  if (text === '' && calls.length === 0) return []
  return [
    {
      role: 'assistant',
      content: text === '' ? null : text,
      ...(calls.length > 0 && { tool_calls: calls.map(toolCall) }),
    },
    ...calls.map(
      (part): ChatMessage => ({ role: 'tool', tool_call_id: part.toolCallId, content: resultOf(part)! }),
    ),
  ]
}

function toolCall(part: UiToolPart): ChatToolCall {
  const { toolCallId: id, input = {} } = part
  return { id, type: 'function', function: { name: toolNameOf(part), arguments: JSON.stringify(input) } }
}

/** What the model is told of a call's result; `undefined`: it has none. */
function resultOf({ state, output, errorText }: UiToolPart): string | undefined {
  if (state === 'output-available')
    return typeof output === 'string' ? output : (JSON.stringify(output) ?? 'null')
  if (state === 'output-error') return errorText ?? 'The tool failed.'
  return state === 'output-denied' ? 'The user did not allow this call.' : undefined
}
