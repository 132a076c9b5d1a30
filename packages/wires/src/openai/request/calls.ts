import type { StreamingError } from '@sluice/core'
import { fault } from '../errors.ts'
import type { ChatMessage } from './types.ts'

/**
 * Checks that each result belongs to a call before it, and that each call has its result before the conversation goes on.
 * @throws {StreamingError} as OpenAI's servers do
 */
export function checkChatCalls(messages: readonly ChatMessage[]): void {
  const waiting = new Set<string>()
  for (const [at, message] of messages.entries()) {
    if (message.role === 'tool') {
      if (!waiting.delete(message.tool_call_id))
        throw resultForNoCall(`messages[${at}].tool_call_id`, message.tool_call_id)
      continue
    }
    if (waiting.size > 0) throw callsWithoutResult('messages', waiting)
    if (message.role === 'assistant') for (const { id } of message.tool_calls ?? []) waiting.add(id)
  }
  if (waiting.size > 0) throw callsWithoutResult('messages', waiting)
}

/** The error of a result that belongs to no call. */
export function resultForNoCall(param: string, id: string): StreamingError {
  return fault({
    message: `No tool call found for the result with the id '${id}'.`,
    param,
    code: 'invalid_value',
  })
}

/** The error of calls that have no result. */
export function callsWithoutResult(param: string, ids: Iterable<string>): StreamingError {
  const message = `Each tool call has to be followed by its result. These have none: ${[...ids].join(', ')}.`
  return fault({ message, param, code: 'invalid_value' })
}
