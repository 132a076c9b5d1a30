import { HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { type Answer, FINISH, says, serveOpenAi } from './support.ts'

const lookUp = tool(async ({ word }) => `${word} is a gate`, {
  name: 'look_up',
  description: 'Looks a word up.',
  schema: z.object({ word: z.string() }),
})

const withTool: Answer = async function* ({ input: { messages } }) {
  const last = messages.at(-1)
  if (last?.role === 'tool') {
    yield `I see: ${String(last.content)}.`
    yield FINISH
  } else {
    yield { type: 'tool_call', index: 0, id: 'call_1', name: 'look_up', arguments: '{"word":' }
    yield { type: 'tool_call', index: 0, arguments: '"sluice"}' }
    yield { type: 'finish', finishReason: 'tool_calls' }
  }
}

const modelAt = (baseURL: string, useResponsesApi: boolean) =>
  new ChatOpenAI({
    model: 'support-bot',
    apiKey: 'sk-test',
    maxRetries: 0,
    useResponsesApi,
    configuration: { baseURL },
  })

for (const useResponsesApi of [false, true]) {
  const api = useResponsesApi ? 'responses' : 'chat completions'

  test(`LangChain invokes, by ${api}`, async () => {
    const { url, asked } = await serveOpenAi(says('Hello ', 'you.', FINISH))
    const message = await modelAt(url, useResponsesApi).invoke([
      new SystemMessage('Be kind.'),
      new HumanMessage('Hi'),
    ])
    expect(message.text).toBe('Hello you.')
    expect(message.usage_metadata).toMatchObject({ input_tokens: 5, output_tokens: 7, total_tokens: 12 })
    expect(asked[0]?.messages).toMatchObject([
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Hi' },
    ])
  })

  test(`LangChain streams, by ${api}`, async () => {
    const { url } = await serveOpenAi(says('Hello ', 'you.', FINISH))
    let text = ''
    let usage: unknown
    for await (const chunk of await modelAt(url, useResponsesApi).stream('Hi')) {
      text += chunk.text
      usage = chunk.usage_metadata ?? usage
    }
    expect(text).toBe('Hello you.')
    expect(usage).toMatchObject({ total_tokens: 12 })
  })

  test.each([true, false])(`LangChain calls a tool, by ${api} (streamed: %s)`, async (isStreamed) => {
    const { url, asked } = await serveOpenAi(withTool)
    const model = modelAt(url, useResponsesApi).bindTools([lookUp])
    const question = new HumanMessage('What is a sluice?')
    const called = await (isStreamed ? joined(model.stream([question])) : model.invoke([question]))
    expect(called.tool_calls).toMatchObject([{ id: 'call_1', name: 'look_up', args: { word: 'sluice' } }])
    const result = await lookUp.invoke(called.tool_calls![0]!)
    expect(result).toBeInstanceOf(ToolMessage)
    const answer = await model.invoke([question, called, result])
    expect(answer.text).toBe('I see: sluice is a gate.')
    expect(asked[1]?.messages.at(-1)).toMatchObject({ role: 'tool', tool_call_id: 'call_1' })
  })
}

test('LangChain throws what is wrong with a request', async () => {
  const { url, asked } = await serveOpenAi(says('a'))
  const model = new ChatOpenAI({
    model: 'other',
    apiKey: 'sk-test',
    maxRetries: 0,
    configuration: { baseURL: url },
  })
  await expect(model.invoke('Hi')).rejects.toMatchObject({ status: 404, code: 'model_not_found' })
  expect(asked).toHaveLength(0)
})

/** The chunks of a message, added up as LangChain does. */
async function joined(streaming: ReturnType<ReturnType<typeof modelAt>['stream']>) {
  let sum: Awaited<typeof streaming> extends AsyncIterable<infer Chunk> ? Chunk | undefined : never
  for await (const chunk of await streaming) sum = sum === undefined ? chunk : sum.concat(chunk)
  return sum!
}
