import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import { type FaultName, type ModelServer, startModelServer } from '@sluice/model-server'
import { jsonSchema, streamText, tool } from 'ai'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { aiSdk } from '../src/ai-sdk/index.ts'
import { anthropicMessages } from '../src/anthropic/index.ts'
import { geminiContent } from '../src/gemini/index.ts'
import type { ErrorType } from '../src/index.ts'
import { openaiChat, openaiResponses } from '../src/openai/index.ts'
import type { Part } from '../src/parts.ts'
import { createHub, defineStream, memoryLog } from '../src/server/index.ts'
import { recordingSink } from '../src/testing/index.ts'
import { CALM } from './harness.ts'
import { type Outcome, readAnswer } from './provider-wires.ts'

let server: ModelServer
beforeAll(async () => {
  server = await startModelServer({ ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY })
})
beforeEach(() => server.reset())
afterAll(() => server.close())

interface Asked {
  readonly question?: string
  readonly model?: string
  readonly signal?: AbortSignal | undefined
  readonly withTool?: boolean
}

const PARAMETERS = { type: 'object', properties: { q: { type: 'string' } }, required: ['q'] } as const
const QUESTION = 'Plan a trip to Lisbon.'

type Source = (asked?: Asked) => AsyncIterable<Exclude<Part, string>>

/** Each source, through the official client of its provider. */
const SOURCES: Readonly<Record<string, Source>> = {
  openaiChat: ({ question = QUESTION, model = 'gpt-5', signal, withTool } = {}) =>
    openaiChat(
      new OpenAI({ apiKey: 'key', baseURL: server.baseURL, logLevel: 'off' }),
      {
        model,
        messages: [{ role: 'user', content: question }],
        ...(withTool && {
          tools: [{ type: 'function' as const, function: { name: 'find', parameters: { ...PARAMETERS } } }],
        }),
      },
      { signal },
    ),
  openaiResponses: ({ question = QUESTION, model = 'gpt-5', signal, withTool } = {}) =>
    openaiResponses(
      new OpenAI({ apiKey: 'key', baseURL: server.baseURL, logLevel: 'off' }),
      {
        model,
        input: question,
        ...(withTool && {
          tools: [{ type: 'function' as const, name: 'find', parameters: { ...PARAMETERS }, strict: false }],
        }),
      },
      { signal },
    ),
  anthropicMessages: ({ question = QUESTION, model = 'claude-sonnet-4-5', signal, withTool } = {}) =>
    anthropicMessages(
      new Anthropic({ apiKey: 'key', baseURL: server.url, logLevel: 'off' }),
      {
        model,
        max_tokens: 8_000,
        messages: [{ role: 'user', content: question }],
        ...(withTool && {
          tools: [{ name: 'find', input_schema: { ...PARAMETERS, required: ['q'] } }],
        }),
      },
      { signal },
    ),
  geminiContent: ({ question = QUESTION, model = 'gemini-2.5-flash', signal, withTool } = {}) =>
    geminiContent(
      new GoogleGenAI({ apiKey: 'key', httpOptions: { baseUrl: server.url } }),
      {
        model,
        contents: question,
        ...(withTool && {
          config: { tools: [{ functionDeclarations: [{ name: 'find', parametersJsonSchema: PARAMETERS }] }] },
        }),
      },
      { signal },
    ),
  aiSdk: ({ question = QUESTION, model = 'gpt-5', signal, withTool } = {}) =>
    aiSdk(
      streamText({
        model: createOpenAICompatible({
          name: 'local',
          apiKey: 'key',
          baseURL: server.baseURL,
          includeUsage: true,
        })(model),
        prompt: question,
        maxRetries: 0,
        onError: () => {},
        ...(signal && { abortSignal: signal }),
        ...(withTool && {
          tools: {
            find: tool({
              description: 'Finds.',
              inputSchema: jsonSchema<{ q: string }>({ ...PARAMETERS, required: ['q'] }),
            }),
          },
        }),
      }),
    ),
}

const names = Object.keys(SOURCES)

describe.each(names)('%s', (name) => {
  const source = SOURCES[name]!
  const read = (asked?: Asked): Promise<Outcome> => readAnswer(source(asked))

  test('yields the whole answer, the reason and the usage', async () => {
    const { text, error, finish } = await read()
    expect(error).toBeUndefined()
    expect(text).toBe(server.answerFor(QUESTION))
    expect(finish?.finishReason).toBe('stop')
    const { input_tokens = 0, output_tokens = 0, total_tokens } = finish?.usage ?? {}
    expect(input_tokens).toBeGreaterThan(3)
    expect(output_tokens).toBeGreaterThan(100)
    expect(total_tokens).toBe(input_tokens + output_tokens)
  })

  test('yields reasoning apart from the text', async () => {
    const { text, reasoning, error, finish } = await read({ model: 'sluice-reasoning' })
    expect(error).toBeUndefined()
    expect(reasoning).toMatch(/^The user wants to know/)
    expect(text).toBe(server.answerFor(QUESTION))
    expect(finish?.usage?.output_tokens).toBeGreaterThan(120)
  })

  test('yields calls of tools, and says so at the end', async () => {
    const { calls, error, finish } = await read({ model: 'sluice-tools', withTool: true })
    expect(error).toBeUndefined()
    expect(calls).toMatchObject([{ name: 'find', arguments: expect.stringContaining('"q"') }])
    expect(JSON.parse(calls[0]!.arguments)).toEqual({ q: expect.any(String) })
    expect(finish?.finishReason).toBe('tool_calls')
  })

  test('yields a call without arguments as one with an empty object', async () => {
    server.script({ toolCalls: [{ name: 'find', arguments: '{}' }] })
    const { calls } = await read({ withTool: true })
    expect(calls.map((call) => call.arguments)).toEqual(['{}'])
  })

  test('says that an answer was cut at its length', async () => {
    server.fail('length', { afterTokens: 20 })
    const { text, finish } = await read()
    expect(finish?.finishReason).toBe('length')
    expect(server.answerFor(QUESTION).startsWith(text)).toBe(true)
  })

  test.each<[FaultName, ErrorType, boolean]>([
    ['401', 'authentication', false],
    ['403', 'permission_denied', false],
    ['404', 'not_found', false],
    ['429', 'rate_limit', true],
    ['500', 'api_error', true],
    ['503', 'server_overloaded', true],
    ['529', 'server_overloaded', true],
    ['reset-headers', 'connection_lost', true],
    ['reset', 'connection_lost', true],
    ['truncate', 'connection_lost', true],
    ['error', 'api_error', true],
  ])('has %s as %s', async (fault, type, recoverable) => {
    server.fail(fault)
    const { error, finish } = await read()
    expect(finish).toBeUndefined()
    expect(error).toMatchObject({ name: 'StreamingError', type, recoverable })
    expect(server.requests).toHaveLength(1)
  })

  test('reads how long to wait', async () => {
    server.fail('429', { retryAfterS: 7 })
    expect((await read()).error).toMatchObject({ retryAfterMs: 7000 })
  })

  test('is asked again after 529 and 503 by the definition, and once only after 401', async () => {
    const run = async () => {
      const chat = defineStream({
        input: z.object({}),
        run: ({ signal }) => source({ signal }),
        retry: { baseMs: 1 },
      })
      const hub = createHub({ streams: { chat }, log: memoryLog(), pressure: CALM })
      const sink = recordingSink()
      sink.watch(await hub.start({ stream: 'chat', input: {} }))
      await sink.ended
      await hub.close()
      return sink.events.at(-1)
    }
    server.fail('529', { retryAfterMs: 1 })
    server.fail('503', { retryAfterMs: 1 })
    expect(await run()).toMatchObject({ type: 'stream_complete', finish_reason: 'stop' })
    expect(server.requests.map(({ status }) => status)).toEqual([529, 503, 200])
    server.reset()
    server.fail('401')
    expect(await run()).toMatchObject({ type: 'stream_error', error_type: 'authentication' })
    expect(server.requests).toHaveLength(1)
  })

  test('brings Stop to the provider', async () => {
    server.script({ pace: { tokensPerSecond: 200 } })
    const controller = new AbortController()
    const reading = read({ signal: controller.signal })
    const request = await server.waitFor(({ tokens }) => tokens >= 5)
    controller.abort()
    expect(await request.ended).toBe('client_hung_up')
    expect((await reading).error).toMatchObject({ name: 'StreamingError', type: 'connection_closed' })
  })

  test('brings Stop to the provider before its first byte, and asks nothing after it', async () => {
    server.fail('stall-headers')
    const controller = new AbortController()
    const reading = read({ signal: controller.signal })
    const request = await server.nextRequest()
    controller.abort()
    expect(await request.ended).toBe('client_hung_up')
    expect((await reading).error).toMatchObject({ type: 'connection_closed' })
    expect((await read({ signal: controller.signal })).error).toMatchObject({ type: 'connection_closed' })
    expect(server.requests).toHaveLength(1)
  })

  test('says that it is alive before there is text', async () => {
    let first: Exclude<Part, string> | undefined
    for await (const part of source()) first ??= part
    // Gemini has nothing to say before its first chunk.
    if (name !== 'geminiContent') expect(first).toEqual({ type: 'content', content: '' })
  })
})

test.each(['anthropicMessages', 'geminiContent', 'openaiChat', 'openaiResponses'])(
  'what was withheld is told by %s',
  async (name) => {
    server.fail('content-filter', { afterTokens: 5 })
    const { error, finish } = await readAnswer(SOURCES[name]!())
    if (name === 'anthropicMessages') expect(finish?.finishReason).toBe('refusal')
    else expect(error).toMatchObject({ type: 'content_filter', recoverable: false })
  },
)
