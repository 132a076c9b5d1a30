import { type Part, round, toolResult, type Usage } from '@sluice/core'
import { openaiChat } from '@sluice/core/openai'
import type { OpenAI } from 'openai'
import type { Bill } from '../operations/budget.ts'
import { callTool, TOOL_PARAMS } from './tools.ts'

type Message = OpenAI.Chat.ChatCompletionMessageParam
type OpenAIPart = ReturnType<typeof openaiChat> extends AsyncIterable<infer P> ? P : never

/** The question, and the model. */
export interface Question {
  readonly client: OpenAI
  readonly model: string
  readonly messages: readonly Message[]
  readonly signal: AbortSignal
  /** Pays for a request to the provider. @throws {StreamingError} if nothing is left to spend. */
  readonly pay: (question: string) => Bill
}

/** A model that calls tools, and again, and again, has lost its way. */
const MAX_ROUNDS = 5

/** Asks the model. If it calls tools, runs them and asks again with their results, all in one stream. */
export async function* answerWithTools(question: Question): AsyncGenerator<Part> {
  const said: Message[] = [...question.messages]
  for (let number = 1; ; number += 1) {
    // In the last round there are no tools, so it has to answer.
    const tools = number < MAX_ROUNDS ? { tools: TOOL_PARAMS } : {}
    const { text, toolCalls, finishReason } = yield* round(paid(question, said, tools))
    if (finishReason !== 'tool_calls' || toolCalls.length === 0) return
    const calls = toolCalls.map(({ id, name, arguments: json }) => ({ id: id!, name: name ?? '', json }))
    said.push({
      role: 'assistant',
      content: text === '' ? null : text,
      tool_calls: calls.map(({ id, name, json }) => ({
        id,
        type: 'function',
        function: { name, arguments: json },
      })),
    })
    for (const { id, name, json } of calls) {
      const { output, isError } = callTool(name, json)
      yield toolResult(id, output, { isError })
      said.push({ role: 'tool', tool_call_id: id, content: JSON.stringify(output) })
    }
  }
}

/** One request to the provider, and its price. */
async function* paid(
  { client, model, signal, pay }: Question,
  messages: readonly Message[],
  tools: { readonly tools?: typeof TOOL_PARAMS },
): AsyncGenerator<OpenAIPart> {
  const bill = pay(JSON.stringify(messages))
  let usage: Usage | undefined
  let isRefused = true
  try {
    for await (const part of openaiChat(client, { model, messages: [...messages], ...tools }, { signal })) {
      isRefused = false
      if (part.type === 'content' || part.type === 'reasoning') bill.add(part.content)
      if (part.type === 'tool_call') bill.add(part.arguments ?? '')
      if (part.type === 'finish') usage = part.usage
      yield part
    }
  } finally {
    bill.close({ usage, isRefused: isRefused && !signal.aborted })
  }
}
