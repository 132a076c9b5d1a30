import { fault } from '../errors.ts'
import { chatBody } from './bodies.ts'
import { checkChatCalls } from './calls.ts'
import { CHAT_PARAMETERS } from './parameters.ts'
import { type ParsedRequest, toolNamesOf } from './parsed.ts'
import type { OpenAiRequest } from './types.ts'
import { validBody } from './validation.ts'

/** @throws {StreamingError} that names the parameter that is wrong */
export function parseChat(given: unknown): ParsedRequest {
  const body = validBody(chatBody, given)
  const { stream = false, stream_options: options } = body
  if (options !== undefined && !stream) {
    const message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
    throw fault({ message, param: 'stream_options' })
  }
  // Their form has been checked; what else OpenAI's servers would check of them is the provider's to say.
  const request = { ...body, api: 'chat.completions', body } as unknown as OpenAiRequest
  checkChatCalls(request.messages)
  return {
    request,
    rules: CHAT_PARAMETERS,
    renamed: {},
    onlyInBody: [],
    isStream: stream,
    isBackground: false,
    includeUsage: options?.include_usage === true,
    toolNames: toolNamesOf(request.tools),
  }
}
