import { StreamingError } from '@sluice/core'
import { THREAD_ID, THREAD_ID_RULE } from '@sluice/core/transport'
import { isToolPart, type UiMessage, type UiToolPart, type UiToolState } from './ui-message.ts'

/** What a client has posted: the argument of the `input` option. Its form is checked, and nothing else. */
export interface ChatRequest {
  /** The messages of the chat, or its last one if the client sends that only. At least one. */
  readonly messages: readonly UiMessage[]
  /** The chat. `WorkflowChatTransport` sends it only if it is told to. */
  readonly id: string | undefined
  /** `regenerate-message`: the client wants another answer. @default submit-message */
  readonly trigger: 'submit-message' | 'regenerate-message'
  /** The message that is edited, answered again, or continued; `undefined` for a new one. */
  readonly messageId: string | undefined
  /** The body as it came: with the fields that the page adds. */
  readonly body: Readonly<Record<string, unknown>>
}

const ROLES = ['user', 'assistant', 'system']
const TRIGGERS = ['submit-message', 'regenerate-message']
const STATES: readonly UiToolState[] = [
  'input-streaming',
  'input-available',
  'approval-requested',
  'approval-responded',
  'output-available',
  'output-error',
  'output-denied',
]

/**
 * Reads the body of a POST.
 * @throws {StreamingError} `invalid_request` that names the field
 */
export function chatRequestOf(body: unknown): ChatRequest {
  if (!isRecord(body)) throw wrong('The body', 'has to be a JSON object')
  const { id, messages, message, trigger = 'submit-message', messageId } = body
  if (id !== undefined && !(typeof id === 'string' && THREAD_ID.test(id))) {
    throw wrong('id', `has to be ${THREAD_ID_RULE}`)
  }
  if (!TRIGGERS.includes(trigger as never)) throw wrong('trigger', `has to be ${TRIGGERS.join(' or ')}`)
  if (messageId !== undefined && messageId !== null && typeof messageId !== 'string') {
    throw wrong('messageId', 'has to be a text')
  }
  return {
    // Pages that keep the chat on the server send the last message only.
    messages:
      messages === undefined && message !== undefined
        ? [messageOf(message, 'message')]
        : messagesOf(messages),
    id: id as string | undefined,
    trigger: trigger as ChatRequest['trigger'],
    messageId: messageId ?? undefined,
    body,
  }
}

function messagesOf(messages: unknown): readonly UiMessage[] {
  if (!Array.isArray(messages)) throw wrong('messages', 'has to be a list of messages')
  if (messages.length === 0) throw wrong('messages', 'has to have at least one message')
  return messages.map((message, at) => messageOf(message, `messages[${at}]`))
}

function messageOf(message: unknown, path: string): UiMessage {
  if (!isRecord(message)) throw wrong(path, 'has to be a message')
  const { id, role, parts } = message
  if (id !== undefined && typeof id !== 'string') throw wrong(`${path}.id`, 'has to be a text')
  if (!ROLES.includes(role as never)) throw wrong(`${path}.role`, `has to be one of ${ROLES.join(', ')}`)
  if (!Array.isArray(parts)) throw wrong(`${path}.parts`, 'has to be a list of parts')
  for (const [at, part] of parts.entries()) checkPart(part, `${path}.parts[${at}]`)
  return message as unknown as UiMessage
}

function checkPart(part: unknown, path: string): void {
  if (!isRecord(part) || typeof part.type !== 'string')
    throw wrong(`${path}.type`, 'has to be the type of a part')
  const isText = part.type === 'text' || part.type === 'reasoning'
  if (isText && typeof part.text !== 'string') throw wrong(`${path}.text`, 'has to be a text')
  if (part.type === 'file') {
    for (const field of ['mediaType', 'url']) {
      if (typeof part[field] !== 'string') throw wrong(`${path}.${field}`, 'has to be a text')
    }
    const { filename } = part
    if (filename !== undefined && filename !== null && typeof filename !== 'string') {
      throw wrong(`${path}.filename`, 'has to be a text')
    }
  }
  if (isToolPart(part as { type: string })) checkTool(part as unknown as UiToolPart, path)
}

function checkTool(part: Partial<UiToolPart>, path: string): void {
  const { toolCallId, state, errorText } = part
  if (typeof toolCallId !== 'string' || toolCallId === '') {
    throw wrong(`${path}.toolCallId`, 'has to be the id of a tool call: a result belongs to one')
  }
  if (!STATES.includes(state as never)) throw wrong(`${path}.state`, `has to be one of ${STATES.join(', ')}`)
  if (state === 'output-available' && !('input' in part)) {
    throw wrong(`${path}.input`, 'is missing: a result belongs to a tool call')
  }
  if (state === 'output-error' && typeof errorText !== 'string')
    throw wrong(`${path}.errorText`, 'has to be a text')
  if (part.type === 'dynamic-tool' && typeof part.toolName !== 'string') {
    throw wrong(`${path}.toolName`, 'has to be a text')
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function wrong(field: string, rule: string): StreamingError {
  return new StreamingError('invalid_request', `${field}: ${rule}.`, {
    issues: [{ path: field.split(/[.[\]]+/).filter(Boolean), message: rule }],
  })
}
