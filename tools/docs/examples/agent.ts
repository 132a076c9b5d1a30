import { round, toolResult } from '@sluice/core'
import { openaiChat } from '@sluice/core/openai'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import OpenAI from 'openai'
import { z } from 'zod'

const openai = new OpenAI()
const model = 'sluice-tools'
const tools: OpenAI.Chat.ChatCompletionFunctionTool[] = [
  {
    type: 'function',
    function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
  },
]
const callTool = async (name: string | null, input: unknown) => ({ name, input, celsius: 21 })

// #region agent
const agent = defineStream({
  input: z.object({ question: z.string() }),
  run: async function* ({ input: { question }, signal }) {
    const messages: OpenAI.Chat.ChatCompletionMessageParam[] = [{ role: 'user', content: question }]
    while (true) {
      const asked = yield* round(openaiChat(openai, { model, messages, tools }, { signal }))
      const calls = asked.toolCalls.map(({ id, name, arguments: json }) => ({ id: id!, name: name!, json }))
      if (calls.length === 0) return
      const tool_calls = calls.map(({ id, name, json }) => {
        return { id, type: 'function' as const, function: { name, arguments: json } }
      })
      messages.push({ role: 'assistant', content: asked.text, tool_calls })
      for (const { id, name, json } of calls) {
        const output = await callTool(name, JSON.parse(json))
        yield toolResult(id, output)
        messages.push({ role: 'tool', tool_call_id: id, content: JSON.stringify(output) })
      }
    }
  },
  onEnd: ({ toolCalls, usage }) => console.log(toolCalls.length, usage?.total_tokens),
})
// #endregion

export const hub = createHub({ streams: { agent }, log: memoryLog() })
