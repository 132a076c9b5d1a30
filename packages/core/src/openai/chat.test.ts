import { type ModelServer, readAnswers, startModelServer } from '@sluice/model-server'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { StreamingError } from '../errors.ts'
import type { ContentPart, FilePart, FinishPart, ReasoningPart, SourcePart, ToolCallPart } from '../parts.ts'
import { type OpenAIChatParams, openaiChat } from './chat.ts'

let server: ModelServer
let client: OpenAI
beforeAll(async () => {
  server = await startModelServer({ ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY })
  client = new OpenAI({ apiKey: 'sk-test', baseURL: server.baseURL, logLevel: 'off' })
})
beforeEach(() => server.reset())
afterAll(() => server.close())

const QUESTIONS = {
  algorithms: 'Prove the complexity of Dijkstra’s shortest path.',
  database: 'Why is my Postgres query slow?',
  default: 'What is it like to be a "bat"?',
  languages: 'Say hello in Chinese, Arabic and Hindi.',
  logging: 'Walk me through distributed tracing across our microservices with correlation IDs.',
  travel: 'Plan a weekend trip to Lisbon.',
}

type Answer = ContentPart | ReasoningPart | ToolCallPart | SourcePart | FilePart | FinishPart

const user = (content: string): OpenAIChatParams['messages'] => [{ role: 'user', content }]
const asking = (content: string, model = 'gpt-5-mini') => ({ model, messages: user(content) })

/** Whether a part is more than a sign of life. */
const saysSomething = (part: Answer) => part.type !== 'content' || part.content !== ''

async function read(params: OpenAIChatParams, options?: { signal: AbortSignal }) {
  const parts: Answer[] = []
  let error: StreamingError | undefined
  try {
    for await (const part of openaiChat(client, params, options)) if (saysSomething(part)) parts.push(part)
  } catch (thrown) {
    error = thrown as StreamingError
  }
  const joined = (type: 'content' | 'reasoning') =>
    parts.map((part) => (part.type === type ? part.content : '')).join('')
  const last = parts.at(-1)
  return {
    parts,
    error,
    text: joined('content'),
    reasoning: joined('reasoning'),
    finish: last?.type === 'finish' ? last : undefined,
  }
}

describe('an answer', () => {
  test('is there for every one that the model server knows', () => {
    const answers = new Set(Object.values(QUESTIONS).map((question) => server.answerFor(question)))
    expect(Object.keys(QUESTIONS)).toEqual(readAnswers().names)
    expect(answers.size).toBe(Object.keys(QUESTIONS).length)
  })

  test.each(Object.entries(QUESTIONS))(
    '%s arrives character for character, then the finish',
    async (_name, question) => {
      const { parts, error, text, finish } = await read(asking(question))
      expect(error).toBeUndefined()
      expect(text).toBe(server.answerFor(question))
      expect(finish?.finishReason).toBe('stop')
      expect(parts.filter(({ type }) => type !== 'content')).toEqual([finish])
      expect(parts.length).toBeGreaterThan(100)
    },
  )

  test('has its usage, as the provider counted it', async () => {
    const { finish } = await read(asking(QUESTIONS.travel))
    const plain = await client.chat.completions.create({ ...asking(QUESTIONS.travel), stream: false })
    expect(finish?.usage).toMatchObject({
      input_tokens: plain.usage?.prompt_tokens,
      output_tokens: plain.usage?.completion_tokens,
      total_tokens: plain.usage?.total_tokens,
    })
    expect(finish?.usage?.output_tokens).toBeGreaterThan(100)
  })

  test('has no usage if the request turns it off', async () => {
    const { finish, text } = await read({ ...asking('x'), stream_options: { include_usage: false } })
    expect(finish).toEqual({
      type: 'finish',
      finishReason: 'stop',
      message: { role: 'assistant', content: text },
    })
  })

  test('was asked for with the parameters that were given, streaming, once', async () => {
    await read({ ...asking('Hello'), temperature: 0.5, max_completion_tokens: 50 })
    expect(server.requests.map(({ body }) => body)).toEqual([
      {
        model: 'gpt-5-mini',
        messages: user('Hello'),
        temperature: 0.5,
        max_completion_tokens: 50,
        stream: true,
        stream_options: { include_usage: true },
      },
    ])
  })

  test('that is empty is whole as well', async () => {
    server.script({ text: '' })
    const { parts } = await read(asking('x'))
    expect(parts).toEqual([expect.objectContaining({ type: 'finish', finishReason: 'stop' })])
  })
})

describe('what else a model says', () => {
  test('reasoning comes apart from the text, before it', async () => {
    const { parts, text, reasoning, finish } = await read(asking(QUESTIONS.travel, 'sluice-reasoning'))
    expect(text).toBe(server.answerFor(QUESTIONS.travel))
    expect(reasoning.length).toBeGreaterThan(20)
    expect(parts.findLastIndex(({ type }) => type === 'reasoning')).toBeLessThan(
      parts.findIndex(({ type }) => type === 'content'),
    )
    expect(finish?.usage?.reasoning_tokens).toBeGreaterThan(0)
  })

  test('a refusal is text, and says so at the end', async () => {
    server.script({ refusal: 'I would rather not.' })
    const { text, finish } = await read(asking('x'))
    expect([text, finish?.finishReason]).toEqual(['I would rather not.', 'refusal'])
  })

  test('tool calls come in fragments that join to JSON', async () => {
    const calls = [
      { name: 'search', arguments: JSON.stringify({ q: '天气 "Lyon"', n: 3 }) },
      { name: 'clock', arguments: '{}' },
    ]
    server.script({ toolCalls: calls })
    const { parts, finish } = await read(asking('x'))
    const byIndex = new Map<number, { name: string; id: string; arguments: string }>()
    for (const part of parts) {
      if (part.type !== 'tool_call') continue
      const { name = '', id = '', arguments: text = '' } = byIndex.get(part.index) ?? {}
      byIndex.set(part.index, {
        name: name + (part.name ?? ''),
        id: id + (part.id ?? ''),
        arguments: text + (part.arguments ?? ''),
      })
    }
    expect([...byIndex.values()]).toEqual(
      calls.map((call) => ({ ...call, id: expect.stringMatching(/^call_/) })),
    )
    expect(finish?.finishReason).toBe('tool_calls')
  })

  test('an answer that was cut at its length is whole as far as it goes', async () => {
    server.fail('length', { afterTokens: 20 })
    const { text, finish, error } = await read(asking(QUESTIONS.travel))
    expect(error).toBeUndefined()
    expect(finish?.finishReason).toBe('length')
    expect(server.answerFor(QUESTIONS.travel).startsWith(text)).toBe(true)
    expect(text.length).toBeGreaterThan(20)
  })
})

describe('aborting', () => {
  test('in the middle closes the provider’s connection', async () => {
    server.script({ pace: { tokensPerSecond: 200 } })
    const controller = new AbortController()
    const source = openaiChat(client, asking(QUESTIONS.logging), controller)
    for (let parts = 0; parts < 5; parts++) await source.next()
    const request = await server.nextRequest()
    controller.abort()
    expect(await request.ended).toBe('client_hung_up')
    expect(server.answerFor(QUESTIONS.logging).startsWith(request.text)).toBe(true)
    expect(request.text.length).toBeLessThan(server.answerFor(QUESTIONS.logging).length)
    await expect(source.next()).rejects.toMatchObject({ name: 'StreamingError' })
  })

  test('before the first byte closes the provider’s connection', async () => {
    server.fail('stall-headers')
    const controller = new AbortController()
    const reading = read(asking('x'), controller)
    const request = await server.nextRequest()
    controller.abort()
    expect(await request.ended).toBe('client_hung_up')
    expect((await reading).error?.type).toBe('connection_closed')
  })

  test('before it asks means that it does not', async () => {
    const { error } = await read(asking('x'), { signal: AbortSignal.abort() })
    expect(error?.type).toBe('connection_closed')
    expect(server.requests).toEqual([])
  })

  test('is sent when a run leaves its source before the end', async () => {
    server.script({ pace: { tokensPerSecond: 200 } })
    for await (const part of openaiChat(client, asking(QUESTIONS.logging))) if (part.type === 'content') break
    expect(await (await server.nextRequest()).ended).toBe('client_hung_up')
  })
})
