import { fault } from '../errors.ts'
import { type ResponsesBody, responsesBody } from './bodies.ts'
import { inputMessages } from './input-messages.ts'
import { RESPONSES_PARAMETERS } from './parameters.ts'
import { defined, type OnlyInBody, type ParsedRequest, toolNamesOf } from './parsed.ts'
import type { ChatResponseFormat, ChatTool, ChatToolChoice, OpenAiRequest } from './types.ts'
import { validBody } from './validation.ts'

/** The names that parameters of Responses have in {@link OpenAiRequest}, if they differ. */
const RENAMED = { text: 'response_format' }

/** @throws {StreamingError} that names the parameter that is wrong */
export function parseResponse(given: unknown): ParsedRequest {
  const body = validBody(responsesBody, given)
  const { input, conversation, previous_response_id, prompt, reasoning, stream = false } = body
  if (
    input === undefined &&
    prompt === undefined &&
    previous_response_id === undefined &&
    conversation === undefined
  ) {
    throw fault({
      message: "Missing required parameter: 'input'.",
      param: 'input',
      code: 'missing_required_parameter',
    })
  }
  const isWhole = conversation === undefined && previous_response_id === undefined && prompt === undefined
  const { messages, onlyInBody } = inputMessages(body, { isWhole })
  const tools = toolsOf(body)
  const request = defined({
    api: 'responses',
    model: body.model,
    messages,
    tools: tools.length === 0 ? undefined : tools,
    tool_choice: toolChoiceOf(body),
    parallel_tool_calls: body.parallel_tool_calls,
    response_format: responseFormatOf(body),
    temperature: body.temperature,
    top_p: body.top_p,
    max_completion_tokens: body.max_output_tokens,
    reasoning_effort: reasoning?.effort ?? undefined,
    verbosity: body.text?.verbosity ?? undefined,
    previous_response_id,
    conversation: typeof conversation === 'object' ? conversation.id : conversation,
    body,
  }) as OpenAiRequest
  return {
    request,
    rules: RESPONSES_PARAMETERS,
    renamed: RENAMED,
    onlyInBody: [...onlyInBody, ...hostedTools(body)],
    isStream: stream,
    isBackground: body.background === true,
    includeUsage: true,
    toolNames: toolNamesOf(tools),
  }
}

function toolsOf({ tools = [] }: ResponsesBody): ChatTool[] {
  return tools.flatMap((tool): ChatTool[] => {
    const { type, name, description, parameters, strict } = tool
    if (typeof name !== 'string') return []
    if (type === 'custom')
      return [{ type, custom: defined({ name, description: description as string | undefined }) }]
    if (type !== 'function') return []
    return [
      {
        type,
        function: defined({
          name,
          description: (description as string | null | undefined) ?? undefined,
          parameters: parameters ?? undefined,
          strict: strict as boolean | null | undefined,
        }),
      },
    ]
  })
}

/** Tools that OpenAI's servers run themselves. The application may have its own in their place. */
function hostedTools({ tools = [] }: ResponsesBody): OnlyInBody[] {
  return tools.flatMap(({ type, name }, at) => {
    if ((type === 'function' || type === 'custom') && typeof name === 'string') return []
    const message = `Unsupported value: '${type}' is not supported with this model.`
    return [{ name: 'tools', param: `tools[${at}].type`, message }]
  })
}

function toolChoiceOf({ tool_choice: choice }: ResponsesBody): ChatToolChoice | undefined {
  if (typeof choice !== 'object') return choice
  const { type, name, mode, tools } = choice
  if (type === 'function' || type === 'custom') return { type, [type]: { name } } as unknown as ChatToolChoice
  return { type: 'allowed_tools', allowed_tools: { mode, tools } } as ChatToolChoice
}

function responseFormatOf({ text }: ResponsesBody): ChatResponseFormat | undefined {
  const format = text?.format ?? undefined
  if (format?.type !== 'json_schema') return format as ChatResponseFormat | undefined
  const { name, schema, description, strict } = format
  return {
    type: 'json_schema',
    json_schema: defined({ name, schema, description, strict }),
  } as ChatResponseFormat
}
