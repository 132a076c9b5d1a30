import { type ModelServer, startModelServer } from '@sluice/model-server'
import fc from 'fast-check'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { StreamingError } from '../errors.ts'
import { createHub, defineStream, memoryLog } from '../server/index.ts'
import { recordingSink } from '../testing/index.ts'
import type { ResponsePart } from './response-parts.ts'
import { type OpenAIResponsesParams, openaiResponses } from './responses.ts'

let server: ModelServer
beforeAll(async () => {
  server = await startModelServer({ ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY })
})
beforeEach(() => server.reset())
afterAll(() => server.close())

const question = 'Write something in Chinese, Japanese and Arabic, please.'
const ask = (model = 'gpt-5-mini'): OpenAIResponsesParams => ({ model, input: question })

/**
 * A client whose requests suffer these faults, one each; those after them go well. A `reset` overtakes what was sent,
 * so that a first one may take the response's id with it.
 */
function clientWith(...faults: readonly string[]): OpenAI {
  const waiting = [...faults]
  return new OpenAI({
    apiKey: 'test',
    baseURL: server.baseURL,
    logLevel: 'off',
    fetch: (url, init) => {
      const fault = String(url).endsWith('/cancel') ? undefined : waiting.shift()
      const headers = new Headers(init?.headers)
      if (fault !== undefined) headers.set('x-model-fault', fault)
      return fetch(url, { ...init, headers })
    },
  })
}

interface Reading {
  readonly parts: ResponsePart[]
  readonly error: StreamingError | undefined
}

/** Whether a part is more than a sign of life. */
const saysSomething = (part: ResponsePart) => part.type !== 'content' || part.content !== ''

async function read(source: AsyncIterable<ResponsePart>): Promise<Reading> {
  const parts: ResponsePart[] = []
  try {
    for await (const part of source) if (saysSomething(part)) parts.push(part)
    return { parts, error: undefined }
  } catch (error) {
    return { parts, error: error as StreamingError }
  }
}

const textOf = (parts: readonly ResponsePart[], type = 'content') =>
  parts.map((part) => ('content' in part && part.type === type ? part.content : '')).join('')
const requested = () =>
  server.requests.map(({ method, path }) => `${method} ${path.replace(/resp_\w+/, 'resp')}`)

describe('an answer', () => {
  test('comes as its text, exactly, and the usage', async () => {
    const { parts, error } = await read(openaiResponses(clientWith(), ask()))
    expect(error).toBeUndefined()
    expect(textOf(parts)).toBe(server.answerFor(question))
    const tokens = server.requests[0]!.tokens
    expect(parts.at(-1)).toEqual({
      type: 'finish',
      finishReason: 'stop',
      usage: {
        input_tokens: expect.any(Number),
        output_tokens: tokens,
        total_tokens: expect.any(Number),
        cached_tokens: 0,
        reasoning_tokens: 0,
      },
      message: [expect.objectContaining({ type: 'message' })],
    })
    expect(await server.requests[0]!.ended).toBe('completed')
  })

  test('has its reasoning first', async () => {
    const { parts } = await read(openaiResponses(clientWith(), ask('sluice-reasoning')))
    expect(parts[0]?.type).toBe('reasoning')
    expect(textOf(parts, 'reasoning')).toMatch(/^The user wants to know .* 好，开始。$/)
    expect(textOf(parts)).toBe(server.answerFor(question))
    expect(parts.at(-1)).toMatchObject({ usage: { reasoning_tokens: expect.toSatisfy((n) => n > 0) } })
  })

  test('may be a refusal', async () => {
    const { parts } = await read(openaiResponses(clientWith(), ask('sluice-refusal')))
    expect(textOf(parts)).toBe('I’m sorry, but I can’t help with that.')
    expect(parts.at(-1)).toMatchObject({ type: 'finish', finishReason: 'refusal' })
  })

  test('may be tool calls', async () => {
    const tool = (name: string) => ({ type: 'function' as const, name, parameters: {}, strict: false })
    server.script({
      text: 'Wait. ',
      toolCalls: [
        { name: 'find', arguments: '{"city":"Lisbon","days":[1,2]}' },
        { name: 'look', arguments: '{}' },
      ],
    })
    const { parts } = await read(
      openaiResponses(clientWith(), { ...ask(), tools: [tool('find'), tool('look')] }),
    )
    const calls = parts.filter((part) => part.type === 'tool_call')
    expect(calls.filter(({ id }) => id)).toEqual([
      { type: 'tool_call', index: 0, id: expect.stringMatching(/^call_/), name: 'find' },
      { type: 'tool_call', index: 1, id: expect.stringMatching(/^call_/), name: 'look' },
    ])
    const argumentsOf = (index: number) =>
      calls.map((call) => (call.index === index ? (call.arguments ?? '') : '')).join('')
    expect([argumentsOf(0), argumentsOf(1)]).toEqual(['{"city":"Lisbon","days":[1,2]}', '{}'])
    expect(textOf(parts)).toBe('Wait. ')
    expect(parts.at(-1)).toMatchObject({ finishReason: 'tool_calls' })
  })

  test('that is cut for its length says so', async () => {
    const { parts, error } = await read(openaiResponses(clientWith('incomplete; after=9'), ask()))
    expect(error).toBeUndefined()
    expect(parts.at(-1)).toMatchObject({ finishReason: 'length', usage: { output_tokens: 9 } })
    expect(server.answerFor(question).startsWith(textOf(parts))).toBe(true)
  })

  test.each([
    ['content-filter', { type: 'content_filter', recoverable: false }],
    ['failed', { type: 'api_error', recoverable: true, cause: { code: 'server_error' } }],
    ['error', { type: 'api_error', recoverable: true, cause: { code: 'server_error' } }],
    ['reset', { type: 'connection_lost', recoverable: true }],
    ['truncate', { type: 'connection_lost', recoverable: true }],
    ['malformed', { type: 'api_error', recoverable: true }],
    ['reset-headers', { type: 'connection_lost', recoverable: true }],
    ['503', { type: 'server_overloaded', recoverable: true }],
    ['429; retry-after=7', { type: 'rate_limit', retryAfterMs: 7000 }],
    ['quota', { type: 'quota_exceeded', recoverable: false }],
    ['400', { type: 'context_length_exceeded', recoverable: false }],
  ])('that ends with %s fails, and is asked for once', async (fault, expected) => {
    const { parts, error } = await read(openaiResponses(clientWith(fault), ask()))
    expect(error).toMatchObject({ name: 'StreamingError', ...expected })
    expect(parts.some(({ type }) => type === 'finish')).toBe(false)
    expect(server.answerFor(question).startsWith(textOf(parts))).toBe(true)
    expect(requested()).toEqual(['POST /v1/responses'])
  })
})

describe('a background answer', () => {
  const background = { ...ask(), background: true }
  const resume = { baseMs: 1 }

  test('is whole however often, and however, its connection breaks', async () => {
    const client = clientWith(
      'truncate; after=10',
      'reset; after=5',
      'reset-headers',
      '503',
      'malformed; after=7',
      '429; retry-after-ms=20',
      'truncate; after=0',
      '500',
      'reset; after=30',
    )
    const { parts, error } = await read(
      openaiResponses(client, background, { resume: { baseMs: 1, maxRetries: 9 } }),
    )
    expect(error).toBeUndefined()
    expect(textOf(parts)).toBe(server.answerFor(question))
    expect(parts.at(-1)).toMatchObject({ finishReason: 'stop', usage: { output_tokens: expect.any(Number) } })

    const [post, ...rest] = requested()
    expect(post).toBe('POST /v1/responses')
    expect(rest).toHaveLength(9)
    const places = rest.map((path) =>
      Number(/^GET \/v1\/responses\/resp\?stream=true&starting_after=(\d+)$/.exec(path)?.[1]),
    )
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(places[0]).toBeGreaterThan(10)
  })

  test('is whole under any schedule of faults', async () => {
    const inTheMiddle = fc
      .tuple(fc.constantFrom('truncate', 'malformed'), fc.nat(40))
      .map(([fault, after]) => `${fault}; after=${after}`)
    const before = fc.constantFrom('reset; after=9', 'reset-headers', '500', '503', '429; retry-after-ms=1')
    const schedule = fc.tuple(inTheMiddle, fc.array(fc.oneof(inTheMiddle, before), { maxLength: 6 }))
    await fc.assert(
      fc.asyncProperty(schedule, async ([first, rest]) => {
        server.reset()
        const reading = openaiResponses(clientWith(first, ...rest), background, { resume: { baseMs: 1 } })
        const { parts, error } = await read(reading)
        expect(error).toBeUndefined()
        expect(textOf(parts)).toBe(server.answerFor(question))
        expect(requested().filter((request) => request.startsWith('POST'))).toEqual(['POST /v1/responses'])
      }),
      { numRuns: 25, seed: 3 },
    )
  }, 60_000)

  test('keeps its tool calls and its reasoning over a break', async () => {
    const toolCalls = [{ name: 'find', arguments: '{"city":"Lisbon","days":[1,2]}' }]
    server.script({ reasoning: 'Hm, let me think of it.', text: 'Wait.', toolCalls })
    const client = clientWith('truncate; after=3', 'truncate; after=6', 'malformed; after=3')
    const { parts } = await read(openaiResponses(client, background, { resume }))
    expect(textOf(parts, 'reasoning')).toBe('Hm, let me think of it.')
    const calls = parts.filter((part) => part.type === 'tool_call')
    expect(calls.map((call) => call.arguments ?? '').join('')).toBe(toolCalls[0]!.arguments)
    expect(calls.filter(({ name }) => name)).toHaveLength(1)
    expect(parts.at(-1)).toMatchObject({ finishReason: 'tool_calls' })
    expect(requested()).toHaveLength(4)
  })

  test('waits as long as the provider says', async () => {
    const client = clientWith('truncate', '429; retry-after-ms=200')
    const { parts } = await read(openaiResponses(client, background, { resume }))
    expect(textOf(parts)).toBe(server.answerFor(question))
    const [, refused, resumed] = server.requests
    expect(resumed!.startedAt - refused!.startedAt).toBeGreaterThanOrEqual(200)
  })

  test('that fails at the provider is not taken up again', async () => {
    const { error } = await read(openaiResponses(clientWith('failed'), background, { resume }))
    expect(error).toMatchObject({ type: 'api_error', cause: { code: 'server_error' } })
    expect(requested()).toEqual(['POST /v1/responses'])
  })

  test('is given up, and cancelled, when it cannot be taken up: what broke it is thrown', async () => {
    const { error } = await read(
      openaiResponses(clientWith('truncate', '503', '404'), background, { resume }),
    )
    expect(error).toMatchObject({ type: 'connection_lost', recoverable: true })
    expect(requested().map((request) => request.split('?')[0])).toEqual([
      'POST /v1/responses',
      'GET /v1/responses/resp',
      'GET /v1/responses/resp',
      'POST /v1/responses/resp/cancel',
    ])
  })

  test('is given up when the policy has no try left', async () => {
    const client = clientWith('truncate', ...Array(9).fill('503'))
    const { error } = await read(
      openaiResponses(client, background, { resume: { baseMs: 1, maxRetries: 3 } }),
    )
    expect(error).toMatchObject({ type: 'connection_lost' })
    expect(requested().filter((request) => request.startsWith('GET'))).toHaveLength(3)
  })
})

describe('in a run', () => {
  const define = (client: OpenAI) =>
    defineStream({
      input: z.object({ question: z.string() }),
      run: ({ input, signal }) =>
        openaiResponses(
          client,
          { model: 'gpt-5-mini', input: input.question, background: true },
          { signal, resume: { baseMs: 1 } },
        ),
    })

  test('the text is exact under cuts', async () => {
    const chat = define(clientWith('truncate; after=10', 'malformed; after=5', '503', 'truncate; after=5'))
    const hub = createHub({ streams: { chat }, log: memoryLog() })
    const sink = recordingSink()
    sink.watch(await hub.start({ stream: 'chat', input: { question } }))
    expect(await sink.ended).toBe('ended')
    expect(sink.text).toBe(server.answerFor(question))
    expect(sink.types).not.toContain('stream_retry')
    expect(sink.events.at(-1)).toMatchObject({ type: 'stream_complete', finish_reason: 'stop' })
    expect(requested().filter((request) => request === 'POST /v1/responses')).toHaveLength(1)
    await hub.close()
  })

  test('a cancel reaches the provider', async () => {
    server.script({ pace: { tokensPerSecond: 100 } })
    const hub = createHub({ streams: { chat: define(clientWith()) }, log: memoryLog() })
    const sink = recordingSink()
    const stream = await hub.start({ stream: 'chat', input: { question } })
    sink.watch(stream)
    await sink.received(3)
    await hub.cancel({ streamId: stream.record.streamId })
    await server.waitFor(({ path }) => path.endsWith('/cancel'))
    expect(await sink.ended).toBe('ended')
    expect(sink.types.at(-1)).toBe('stream_cancelled')
    await hub.close()
  })
})
