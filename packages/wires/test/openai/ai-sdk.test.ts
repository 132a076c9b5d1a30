import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, stepCountIs, streamText, tool } from 'ai'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Answer, FINISH, says, serveOpenAi } from './support.ts'

const providers = {
  '@ai-sdk/openai-compatible': (baseURL: string) =>
    createOpenAICompatible({ name: 'sluice', baseURL, includeUsage: true })('support-bot'),
  '@ai-sdk/openai, chat': (baseURL: string) => createOpenAI({ apiKey: 'sk', baseURL }).chat('support-bot'),
  '@ai-sdk/openai, responses': (baseURL: string) =>
    createOpenAI({ apiKey: 'sk', baseURL }).responses('support-bot'),
}

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

const tools = {
  look_up: tool({
    inputSchema: z.object({ word: z.string() }),
    execute: async ({ word }) => `${word} is a gate`,
  }),
}

describe.each(Object.entries(providers))('the AI SDK by %s', (name, modelAt) => {
  test('generates text', async () => {
    const { url } = await serveOpenAi(says('Hello ', 'you.', FINISH))
    const { text, usage, finishReason } = await generateText({
      model: modelAt(url),
      prompt: 'Hi',
      maxRetries: 0,
    })
    expect({ text, finishReason }).toEqual({ text: 'Hello you.', finishReason: 'stop' })
    expect(usage).toMatchObject({ inputTokens: 5, outputTokens: 7 })
  })

  test('streams text, reasoning and usage', async () => {
    const { url } = await serveOpenAi(says({ type: 'reasoning', content: 'Hm.' }, 'Hello ', 'you.', FINISH))
    const result = streamText({ model: modelAt(url), prompt: 'Hi', maxRetries: 0 })
    expect(await result.text).toBe('Hello you.')
    expect(await result.finishReason).toBe('stop')
    expect(await result.usage).toMatchObject({ inputTokens: 5, outputTokens: 7 })
    // OpenAI has no reasoning in Chat Completions, so its own provider reads none there.
    if (name !== '@ai-sdk/openai, chat') expect(await result.reasoningText).toBe('Hm.')
  })

  test('finishes an answer without usage', async () => {
    const { url } = await serveOpenAi(says('Hello.'))
    const result = streamText({ model: modelAt(url), prompt: 'Hi', maxRetries: 0 })
    expect(await result.text).toBe('Hello.')
    expect(await result.finishReason).toBe('stop')
  })

  test.each([true, false])('calls a tool and goes on (streamed: %s)', async (isStreamed) => {
    const { url, asked } = await serveOpenAi(withTool)
    const options = { model: modelAt(url), prompt: 'Hi', tools, stopWhen: stepCountIs(3), maxRetries: 0 }
    const text = isStreamed ? await streamText(options).text : (await generateText(options)).text
    expect(text).toBe('I see: sluice is a gate.')
    expect(asked).toHaveLength(2)
  })

  test('throws an answer that broke off', async () => {
    const { url } = await serveOpenAi(async function* () {
      yield 'Hel'
      throw new Error('The provider is gone.')
    })
    const errors: unknown[] = []
    const result = streamText({
      model: modelAt(url),
      prompt: 'Hi',
      maxRetries: 0,
      onError: ({ error }) => {
        errors.push(error)
      },
    })
    await result.consumeStream()
    expect(errors.length).toBeGreaterThan(0)
    expect(await result.finishReason).toBe('error')
  })
})

test('the sources of a response, and the calls of the server', async () => {
  const { url } = await serveOpenAi(
    says(
      { type: 'tool_call', index: 0, id: 'c', name: 'server_tool', arguments: '{"a":1}' },
      { type: 'tool_result', id: 'c', output: { found: 1 } },
      'Hello',
      { type: 'source', url: 'https://a.example/', title: 'A', start: 0, end: 5 },
      FINISH,
    ),
  )
  const result = await generateText({
    model: providers['@ai-sdk/openai, responses'](url),
    prompt: 'Hi',
    maxRetries: 0,
  })
  expect(result.text).toBe('Hello')
  expect(result.sources).toMatchObject([{ sourceType: 'url', url: 'https://a.example/', title: 'A' }])
  expect(result.content).toContainEqual(
    expect.objectContaining({ type: 'tool-call', providerExecuted: true, toolName: 'mcp.server_tool' }),
  )
})
