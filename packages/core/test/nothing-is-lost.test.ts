import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import { type ModelServer, startModelServer } from '@sluice/model-server'
import { simulateReadableStream, streamText, tool } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { aiSdk } from '../src/ai-sdk/index.ts'
import { anthropicMessages } from '../src/anthropic/index.ts'
import { geminiContent } from '../src/gemini/index.ts'
import { openaiChat, openaiResponses } from '../src/openai/index.ts'
import { readAnswer } from './provider-wires.ts'

/** A `fetch` that answers with these events. */
const speaking = (events: readonly object[], names = false): typeof fetch => {
  const lines = events.map((event) => {
    const name = names && 'type' in event ? `event: ${event.type}\n` : ''
    return `${name}data: ${JSON.stringify(event)}\n\n`
  })
  return async () => new Response(lines.join(''), { headers: { 'content-type': 'text/event-stream' } })
}

describe('the provider’s own message is what the next request has to repeat', () => {
  let server: ModelServer
  beforeAll(async () => {
    server = await startModelServer({ ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY })
  })
  beforeEach(() => {
    server.reset()
    server.script({ reasoning: 'Hm.', text: 'Wait.', toolCalls: [{ name: 'find', arguments: '{"q":1}' }] })
  })
  afterAll(() => server.close())

  test('of Chat Completions', async () => {
    const client = new OpenAI({ apiKey: 'key', baseURL: server.baseURL })
    const { finish } = await readAnswer(
      openaiChat(client, { model: 'gpt-5', messages: [{ role: 'user', content: 'x' }] }),
    )
    expect(finish?.message).toEqual({
      role: 'assistant',
      content: 'Wait.',
      reasoning_content: 'Hm.',
      tool_calls: [
        {
          id: expect.stringMatching(/^call_/),
          type: 'function',
          function: { name: 'find', arguments: '{"q":1}' },
        },
      ],
    })
  })

  test('of the Responses API', async () => {
    const client = new OpenAI({ apiKey: 'key', baseURL: server.baseURL })
    const { finish } = await readAnswer(openaiResponses(client, { model: 'gpt-5', input: 'x' }))
    expect(finish?.message).toMatchObject([
      { type: 'reasoning' },
      { type: 'message' },
      { type: 'function_call' },
    ])
  })

  test('of Anthropic, with the signature of its thinking', async () => {
    const client = new Anthropic({ apiKey: 'key', baseURL: server.url })
    const params = { model: 'gpt-5', max_tokens: 99, messages: [{ role: 'user' as const, content: 'x' }] }
    const { finish } = await readAnswer(anthropicMessages(client, params))
    expect(finish).toMatchObject({ finishReason: 'tool_calls', providerReason: 'tool_use' })
    expect(finish?.message).toEqual({
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Hm.', signature: expect.stringMatching(/./) },
        { type: 'text', text: 'Wait.' },
        { type: 'tool_use', id: expect.stringMatching(/^toolu_/), name: 'find', input: { q: 1 } },
      ],
    })
  })

  test('of Gemini, with the signature of its thought', async () => {
    const client = new GoogleGenAI({ apiKey: 'key', httpOptions: { baseUrl: server.url } })
    const { finish } = await readAnswer(geminiContent(client, { model: 'gpt-5', contents: 'x' }))
    expect(finish).toMatchObject({ finishReason: 'tool_calls', providerReason: 'STOP' })
    expect(finish?.message).toMatchObject({
      role: 'model',
      parts: [
        { text: 'Hm.', thought: true },
        { text: 'Wait.' },
        { functionCall: { name: 'find', args: { q: 1 } }, thoughtSignature: expect.stringMatching(/./) },
        {},
      ],
    })
  })
})

describe('sources and files', () => {
  test('of Chat Completions', async () => {
    const delta = {
      content: 'Here.',
      annotations: [
        {
          type: 'url_citation',
          url_citation: { url: 'https://a.example', title: 'A', start_index: 0, end_index: 4 },
        },
      ],
      images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }],
    }
    const fetch = speaking([
      { choices: [{ index: 0, delta, finish_reason: null }] },
      { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    ])
    const client = new OpenAI({ apiKey: 'key', fetch })
    expect((await readAnswer(openaiChat(client, { model: 'm', messages: [] }))).more).toEqual([
      { type: 'source', url: 'https://a.example', title: 'A', start: 0, end: 4 },
      { type: 'file', mediaType: 'image/png', data: 'iVBORw0KGgo=' },
    ])
  })

  test('of the Responses API', async () => {
    const annotation = {
      type: 'url_citation',
      url: 'https://a.example',
      title: 'A',
      start_index: 0,
      end_index: 4,
    }
    const image = { type: 'image_generation_call', result: 'iVBORw0KGgo=', output_format: 'webp' }
    const fetch = speaking([
      { type: 'response.output_text.delta', sequence_number: 1, delta: 'Here.' },
      { type: 'response.output_text.annotation.added', sequence_number: 2, annotation },
      { type: 'response.output_item.done', sequence_number: 3, output_index: 1, item: image },
      { type: 'response.completed', sequence_number: 4, response: { status: 'completed', output: [image] } },
    ])
    const client = new OpenAI({ apiKey: 'key', fetch })
    expect((await readAnswer(openaiResponses(client, { model: 'm', input: 'x' }))).more).toEqual([
      { type: 'source', url: 'https://a.example', title: 'A', start: 0, end: 4 },
      { type: 'file', mediaType: 'image/webp', data: 'iVBORw0KGgo=' },
    ])
  })

  test('of Anthropic, with what is cited; the citation stays in the message', async () => {
    const citation = {
      type: 'web_search_result_location',
      url: 'https://a.example',
      title: 'A',
      cited_text: 'words',
      encrypted_index: 'e',
    }
    const events = [
      {
        type: 'message_start',
        message: { usage: { input_tokens: 1, output_tokens: 1, cache_creation_input_tokens: 5 } },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'citations_delta', citation } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Here.' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 3 } },
      { type: 'message_stop' },
    ]
    const client = new Anthropic({ apiKey: 'key', fetch: speaking(events, true) })
    const { more, finish } = await readAnswer(
      anthropicMessages(client, { model: 'm', max_tokens: 9, messages: [] }),
    )
    expect(more).toEqual([{ type: 'source', url: 'https://a.example', title: 'A', quote: 'words' }])
    expect(finish).toMatchObject({
      usage: { input_tokens: 6, output_tokens: 3, details: { cache_creation_input_tokens: 5 } },
      message: { content: [{ type: 'text', text: 'Here.', citations: [citation] }] },
    })
  })

  test('of Gemini, each once', async () => {
    const groundingMetadata = { groundingChunks: [{ web: { uri: 'https://a.example', title: 'A' } }] }
    const chunk = (parts: readonly object[], more: object = {}) => ({
      candidates: [{ content: { role: 'model', parts }, groundingMetadata, ...more }],
    })
    const fetch = speaking([
      chunk([{ text: 'Here.' }]),
      chunk([{ inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } }], { finishReason: 'STOP' }),
    ])
    const client = new GoogleGenAI({ apiKey: 'key', httpOptions: { fetch } })
    expect((await readAnswer(geminiContent(client, { model: 'm', contents: 'x' }))).more).toEqual([
      { type: 'source', url: 'https://a.example', title: 'A' },
      { type: 'file', mediaType: 'image/png', data: 'iVBORw0KGgo=' },
    ])
  })
})

test('a loop of the AI SDK: the calls of all steps, the results of tools, and the messages', async () => {
  const usage = {
    inputTokens: { total: 3, noCache: 3, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 2, text: 2, reasoning: 0 },
  }
  const call = (id: string, q: string) => ({
    type: 'tool-call' as const,
    toolCallId: id,
    toolName: 'find',
    input: JSON.stringify({ q }),
  })
  const finish = (unified: 'stop' | 'tool-calls', raw: string) => ({
    type: 'finish' as const,
    finishReason: { unified, raw },
    usage,
  })
  const model = new MockLanguageModelV4({
    doStream: [
      {
        stream: simulateReadableStream({
          chunks: [call('a', 'one'), call('b', 'fail'), finish('tool-calls', 'tool_use')],
        }),
      },
      {
        stream: simulateReadableStream({
          chunks: [
            {
              type: 'source' as const,
              sourceType: 'url' as const,
              id: 's',
              url: 'https://a.example',
              title: 'A',
            },
            { type: 'text-start' as const, id: 't' },
            { type: 'text-delta' as const, id: 't', delta: 'Found.' },
            { type: 'text-end' as const, id: 't' },
            finish('stop', 'end_turn'),
          ],
        }),
      },
    ],
  })
  const find = tool({
    inputSchema: z.object({ q: z.string() }),
    execute: async ({ q }) => {
      if (q === 'fail') throw new Error('Nothing there.')
      return { found: q }
    },
  })
  const outcome = await readAnswer(
    aiSdk(
      streamText({
        model,
        prompt: 'x',
        tools: { find },
        stopWhen: () => false,
        maxRetries: 0,
      }),
    ),
  )
  expect(outcome).toMatchObject({ text: 'Found.', error: undefined, calls: [{ id: 'a' }, { id: 'b' }] })
  // Tools run at once, so either result may be the first.
  expect(outcome.more).toHaveLength(3)
  expect(outcome.more).toEqual(
    expect.arrayContaining([
      { type: 'tool_result', id: 'a', output: { found: 'one' } },
      { type: 'tool_result', id: 'b', output: 'Nothing there.', isError: true },
      { type: 'source', id: 's', url: 'https://a.example', title: 'A' },
    ]),
  )
  expect(outcome.finish).toMatchObject({
    finishReason: 'stop',
    providerReason: 'end_turn',
    usage: { input_tokens: 6, output_tokens: 4, total_tokens: 10 },
    message: [{ role: 'assistant' }, { role: 'tool' }, { role: 'assistant' }],
  })
})
