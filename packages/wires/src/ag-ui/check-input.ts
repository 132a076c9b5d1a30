import { StreamingError } from '@sluice/core'
import { checkThread } from '@sluice/core/transport'
import { keyOfRun } from './run-id.ts'
import type { AgUiRunInput } from './run-input.ts'

type Fields = Readonly<Record<string, unknown>>

/** The longest key that a log takes. */
const MAX_KEY = 255

/**
 * What an AG-UI client has posted. `null` in an optional field is as good as none: SDKs of other languages write it.
 * @throws {StreamingError} `invalid_request` that names the field
 */
export function runInputOf(body: unknown): AgUiRunInput {
  const given = withoutNulls(record(body, 'the body'))
  checkThread(given.threadId, 'threadId')
  checkRunId(given.runId)
  const calls = new Set<string>()
  const messages = list(given.messages, 'messages').map((message, at) =>
    messageOf(message, `messages[${at}]`, calls),
  )
  const tools = list(given.tools ?? [], 'tools')
  tools.forEach((tool, at) => {
    const { name, description = '' } = record(tool, `tools[${at}]`)
    texts(`tools[${at}]`, { name, description })
  })
  const context = list(given.context ?? [], 'context')
  context.forEach((item, at) => {
    const { description, value } = record(item, `context[${at}]`)
    texts(`context[${at}]`, { description, value })
  })
  if (given.parentRunId !== undefined) texts('', { parentRunId: given.parentRunId })
  if (given.resume !== undefined) list(given.resume, 'resume').forEach(checkResume)
  return { ...given, messages, tools, context } as unknown as AgUiRunInput
}

/** @throws {StreamingError} `invalid_request` if it is no run id */
export function checkRunId(runId: unknown, field = 'runId'): asserts runId is string {
  if (typeof runId !== 'string' || runId === '')
    throw wrong(field, 'has to be a text of one character or more')
  if (!runId.isWellFormed()) throw wrong(field, 'has to be Unicode text, and has half of a surrogate pair')
  if (keyOfRun(runId).length > MAX_KEY) throw wrong(field, 'is too long: 249 letters and digits fit')
}

function checkResume(entry: unknown, at: number): void {
  const path = `resume[${at}]`
  const { interruptId, status } = record(entry, path)
  texts(path, { interruptId })
  if (status !== 'resolved' && status !== 'cancelled') {
    throw wrong(`${path}.status`, "has to be 'resolved' or 'cancelled'")
  }
}

/** @param calls the ids of the tool calls so far, to which it adds those of the message */
function messageOf(given: unknown, path: string, calls: Set<string>): Fields {
  const message = withoutNulls(record(given, path))
  const { id, role, content } = message
  texts(path, { id })
  switch (role) {
    case 'developer':
    case 'system':
    case 'reasoning':
      texts(path, { content })
      break
    case 'user':
      return { ...message, content: contentOf(content, `${path}.content`) }
    case 'assistant':
      if (content !== undefined) texts(path, { content })
      list(message.toolCalls ?? [], `${path}.toolCalls`).forEach((call, at) => {
        calls.add(checkCall(call, `${path}.toolCalls[${at}]`))
      })
      break
    case 'tool':
      texts(path, { toolCallId: message.toolCallId })
      if (!calls.has(message.toolCallId as string)) {
        throw wrong(`${path}.toolCallId`, 'has to be the id of a call in an earlier message of the assistant')
      }
      return { ...message, content: contentOf(content, `${path}.content`) }
    case 'activity':
      texts(path, { activityType: message.activityType })
      record(content, `${path}.content`)
      break
    default:
      throw wrong(
        `${path}.role`,
        "has to be 'developer', 'system', 'user', 'assistant', 'tool', 'reasoning' or 'activity'",
      )
  }
  return message
}

function checkCall(given: unknown, path: string): string {
  const call = record(given, path)
  texts(path, { id: call.id })
  const { name, arguments: written } = record(call.function, `${path}.function`)
  texts(`${path}.function`, { name, arguments: written })
  return call.id as string
}

const MEDIA: readonly unknown[] = ['image', 'audio', 'video', 'document']
const SOURCES: readonly unknown[] = ['data', 'url', 'file']

function contentOf(content: unknown, path: string): unknown {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) throw wrong(path, 'has to be a text or a list of parts')
  return content.map((given, at) => partOf(record(given, `${path}[${at}]`), `${path}[${at}]`))
}

function partOf(part: Fields, path: string): Fields {
  if (part.type === 'text') {
    texts(path, { text: part.text })
    return part
  }
  if (!MEDIA.includes(part.type)) {
    throw wrong(`${path}.type`, "has to be 'text', 'image', 'audio', 'video' or 'document'")
  }
  const source = withoutNulls(record(part.source, `${path}.source`))
  const { type, value, mimeType = '' } = source
  if (!SOURCES.includes(type)) throw wrong(`${path}.source.type`, "has to be 'data', 'url' or 'file'")
  texts(`${path}.source`, { value, mimeType })
  return { ...part, source }
}

function texts(path: string, fields: Fields): void {
  for (const [field, value] of Object.entries(fields)) {
    if (typeof value !== 'string') throw wrong(path === '' ? field : `${path}.${field}`, 'has to be a text')
  }
}

function list(value: unknown, path: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw wrong(path, 'has to be a list')
}

function record(value: unknown, path: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw wrong(path, 'has to be an object')
}

function withoutNulls(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
}

function wrong(path: string, rule: string): StreamingError {
  return new StreamingError('invalid_request', `${path}: ${rule}.`, {
    issues: [{ path: path.split(/[.[\]]+/).filter(Boolean), message: rule }],
  })
}
