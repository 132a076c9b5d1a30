import type { ToolCall } from '@sluice/core'
import type { Message } from './message.ts'

/** Whether it is a tool call that the server has not run itself. */
export function isOpenCall(part: unknown): part is { readonly type: 'tool_call' } & ToolCall {
  const { type, result } = part as { readonly type: string; readonly result?: unknown }
  return type === 'tool_call' && result === undefined
}

/** Whether a part is the result of this call. */
export function isResultOf(part: { readonly type: string }, callId: string): boolean {
  return part.type === 'tool_result' && (part as { callId?: string }).callId === callId
}

/** Whether each tool call of the last answer has a result. */
export function hasAllResults<D>(messages: readonly Message<D>[]): boolean {
  const from = messages.findLastIndex(({ role }) => role === 'assistant')
  const results = messages.slice(from + 1).flatMap(({ parts }) => parts as readonly { type: string }[])
  const calls = (messages[from]?.parts ?? []) as readonly { type: string; id?: string; index?: number }[]
  return calls.every(
    ({ type, id, index }) =>
      type !== 'tool_call' || results.some((part) => isResultOf(part, id ?? `${index}`)),
  )
}
