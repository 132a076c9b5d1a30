import {
  type ContentPart,
  type DataPart,
  data,
  type FilePart,
  type FinishPart,
  type ReasoningPart,
  type SourcePart,
  type ToolCallPart,
} from '@sluice/core'
import { openaiChat } from '@sluice/core/openai'
import type { OpenAI } from 'openai'
import type { ToolResult } from '../../shared/api.ts'
import { callTool, TOOL_PARAMS } from './tools.ts'

type Message = OpenAI.Chat.ChatCompletionMessageParam

/** The parts of an answer. */
export type AnswerPart =
  | ContentPart
  | ReasoningPart
  | ToolCallPart
  | DataPart<'tool_result', ToolResult>
  | SourcePart
  | FilePart
  | FinishPart

/** The question, and the model. */
export interface Question {
  readonly client: OpenAI
  readonly model: string
  readonly messages: readonly Message[]
  readonly signal: AbortSignal
}

/** A model that calls tools, and again, and again, has lost its way. */
const MAX_ROUNDS = 5

interface Call {
  id: string
  name: string
  arguments: string
}

/**
 * Asks the model. If it calls tools, runs them and asks again with their results, all in one stream. The rounds'
 * tool calls are numbered on, since fragments of one `index` are joined.
 */
export async function* answerWithTools({
  client,
  model,
  messages,
  signal,
}: Question): AsyncGenerator<AnswerPart> {
  const said: Message[] = [...messages]
  let called = 0
  for (let round = 1; ; round += 1) {
    const calls = new Map<number, Call>()
    let text = ''
    let finish: FinishPart | undefined
    // In the last round there are no tools, so it has to answer.
    const tools = round < MAX_ROUNDS ? { tools: TOOL_PARAMS } : {}
    for await (const part of openaiChat(client, { model, messages: said, ...tools }, { signal })) {
      if (part.type === 'finish') {
        finish = part
        break
      }
      if (part.type === 'content') text += part.content
      if (part.type === 'tool_call') collect(calls, part)
      yield part.type === 'tool_call' ? { ...part, index: called + part.index } : part
    }
    if (finish?.finishReason !== 'tool_calls' || calls.size === 0) {
      if (finish !== undefined) yield finish
      return
    }
    const results = [...calls].map(([index, call]) => ({
      index,
      call,
      result: callTool(call.name, call.arguments),
    }))
    for (const { index, result } of results) yield data('tool_result', { index: called + index, result })
    said.push({
      role: 'assistant',
      content: text === '' ? null : text,
      tool_calls: results.map(({ call: { id, ...fn } }) => ({ id, type: 'function', function: fn })),
    })
    for (const { call, result } of results)
      said.push({ role: 'tool', tool_call_id: call.id, content: result })
    called += Math.max(...calls.keys()) + 1
  }
}

function collect(calls: Map<number, Call>, part: ToolCallPart): void {
  const call = calls.get(part.index) ?? { id: '', name: '', arguments: '' }
  calls.set(part.index, call)
  call.id ||= part.id ?? ''
  call.name ||= part.name ?? ''
  call.arguments += part.arguments ?? ''
}
