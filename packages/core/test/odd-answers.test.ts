import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { anthropicMessages } from '../src/anthropic/index.ts'
import { geminiContent } from '../src/gemini/index.ts'
import { type Part, round, toolResult } from '../src/index.ts'
import { openaiChat, openaiResponses } from '../src/openai/index.ts'
import { createHub, defineStream, memoryLog, type StreamEnd } from '../src/server/index.ts'
import { recordingSink } from '../src/testing/index.ts'
import { CALM } from './harness.ts'

/** A client that is answered with these chunks; `isReset`: the connection breaks after them. */
function speaking(chunks: readonly object[], isReset = false): typeof fetch {
  const lines = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')
  return async () => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode(lines)),
      pull: (controller) => (isReset ? controller.error(new TypeError('terminated')) : controller.close()),
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }
}

/** The end of a stream of which this is the run. */
async function ended(run: () => AsyncIterable<Part>): Promise<StreamEnd> {
  const ends: StreamEnd[] = []
  const onEnd = (end: StreamEnd): void => void ends.push(end)
  const chat = defineStream({ input: z.object({}), run, onEnd, retry: { maxRetries: 0 } })
  const hub = createHub({ streams: { chat }, log: memoryLog(), pressure: CALM })
  const sink = recordingSink()
  sink.watch(await hub.start({ stream: 'chat', input: {} }))
  await sink.ended
  await hub.close()
  return ends[0]!
}

/** Chat Completions' answer with this beside its text. */
const chatSays = (beside: object): (() => AsyncIterable<Part>) => {
  const fetch = speaking([
    { choices: [{ index: 0, delta: { content: 'Here.', ...beside }, finish_reason: null }] },
    { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
  ])
  const client = new OpenAI({ apiKey: 'key', fetch, logLevel: 'off' })
  return () => openaiChat(client, { model: 'm', messages: [] })
}

function geminiOf(
  chunks: readonly object[],
  isReset = false,
): () => AsyncGenerator<Exclude<Part, string>, void> {
  return async function* () {
    const own = globalThis.fetch
    globalThis.fetch = speaking(chunks, isReset)
    try {
      yield* geminiContent(new GoogleGenAI({ apiKey: 'key' }), { model: 'm', contents: 'x' })
    } finally {
      globalThis.fetch = own
    }
  }
}

const candidate = (parts: readonly object[], more: object = {}): object => ({
  candidates: [{ content: { role: 'model', parts }, ...more }],
})
const image = (url: string): object => ({ images: [{ type: 'image_url', image_url: { url } }] })
const PIXEL = Buffer.from('<svg/>').toString('base64')

test.each([
  [
    'an image at an address',
    image('https://a.example/i'),
    [{ media_type: 'image/*', url: 'https://a.example/i' }],
  ],
  ['an image whose address is none', image('gs://bucket/i.png'), []],
  [
    'an image in a data URL that is not base64',
    image('data:image/svg+xml,%3Csvg/%3E'),
    [{ media_type: 'image/svg+xml', data: PIXEL }],
  ],
  [
    'base64 in the alphabet of URLs, without padding',
    image('data:image/png;base64,_-8'),
    [{ media_type: 'image/png', data: '/+8=' }],
  ],
  [
    'base64 with line breaks and a parameter',
    image('data:image/png;name=a;base64,iVBO\nRw0K'),
    [{ media_type: 'image/png', data: 'iVBORw0K' }],
  ],
  [
    'a media type that is none',
    image('data:image;base64,iVBORw0K'),
    [{ media_type: 'application/octet-stream', data: 'iVBORw0K' }],
  ],
])('%s never ends an answer', async (_, beside, files) => {
  const end = await ended(chatSays(beside))
  expect(end).toMatchObject({ outcome: 'completed', text: 'Here.', files })
  expect(end.files).toHaveLength(files.length)
})

test.each([
  ['gs://bucket/doc.pdf', { id: 'gs://bucket/doc.pdf', title: 'Doc' }],
  ['javascript:alert(1)', { id: 'javascript:alert(1)', title: 'Doc' }],
  ['https://a.example/', { url: 'https://a.example/', title: 'Doc' }],
])(
  'a source at %s never ends an answer, and only an address that a page can open is a url',
  async (uri, source) => {
    const groundingMetadata = { groundingChunks: [{ retrievedContext: { uri, title: 'Doc' } }] }
    const end = await ended(
      geminiOf([candidate([{ text: 'Here.' }]), candidate([], { groundingMetadata, finishReason: 'STOP' })]),
    )
    expect(end).toMatchObject({ outcome: 'completed', text: 'Here.' })
    expect(end.sources).toEqual([{ type: 'source', chunk_id: expect.any(Number), ...source }])
  },
)

test('Gemini’s function calls have no id of their own, and can have a result all the same', async () => {
  const call = { functionCall: { name: 'find', args: { q: 1 } } }
  const once = geminiOf([candidate([call, call], { finishReason: 'STOP' })])
  const end = await ended(async function* () {
    for (let count = 0; count < 2; count++) {
      const { toolCalls } = yield* round(once())
      for (const { id } of toolCalls) yield toolResult(id!, count)
    }
    yield 'Done.'
  })
  expect(end).toMatchObject({ outcome: 'completed', text: 'Done.' })
  expect(end.toolCalls.map(({ result }) => result?.output)).toEqual([0, 0, 1, 1])
  expect(new Set(end.toolCalls.map(({ id }) => id)).size).toBe(4)
  expect(end.rounds[0]?.message).toEqual({ role: 'model', parts: [call, call] })
})

test.each([
  [
    'a reason with each chunk, then a reset',
    [
      ['Half', 'STOP'],
      [' an answer', 'STOP'],
    ],
    true,
    'error',
  ],
  ['a reason with each chunk, then a reset after the first', [['Half', 'STOP']], true, 'error'],
  [
    'a reason with each chunk, then the end',
    [
      ['A whole', 'STOP'],
      [' answer', 'STOP'],
    ],
    false,
    'completed',
  ],
  ['a reason at the end, then a reset', [['A whole'], [' answer', 'STOP']], true, 'completed'],
])('Gemini with %s', async (_, said, isReset, outcome) => {
  const chunks = said.map(([text, finishReason]) =>
    candidate([{ text }], finishReason ? { finishReason } : {}),
  )
  expect(await ended(geminiOf(chunks, isReset))).toMatchObject({ outcome })
})

const chatOf = (chunks: readonly object[]) => (): AsyncIterable<Part> => {
  const client = new OpenAI({ apiKey: 'key', fetch: speaking(chunks), logLevel: 'off' })
  return openaiChat(client, { model: 'm', messages: [] })
}
const stop = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }

test.each([
  ['a list', { error: [{ message: 'x', code: 429 }] }, 'rate_limit'],
  ['a list with a choice', { error: [{ code: 402 }], ...stop }, 'quota_exceeded'],
])('an error as %s is that error', async (_, chunk, type) => {
  expect(await ended(chatOf([chunk, stop]))).toMatchObject({ outcome: 'error', error: { type } })
})

test.each([[{ code: null, message: '' }], [[]], [{}], [''], [null]])('%j is no error', async (error) => {
  const text = { error, choices: [{ index: 0, delta: { content: 'Here.' }, finish_reason: null }] }
  expect(await ended(chatOf([text, stop]))).toMatchObject({ outcome: 'completed', text: 'Here.' })
})

test('text in a choice without a delta is the text', async () => {
  const chunks = [
    { choices: [{ index: 0, text: 'He', finish_reason: null }] },
    { choices: [{ index: 0, text: 're.', finish_reason: null }] },
    { choices: [{ index: 0, text: '', finish_reason: 'stop' }] },
  ]
  const end = await ended(chatOf(chunks))
  expect(end).toMatchObject({ outcome: 'completed', text: 'Here.' })
  expect(end.rounds[0]?.message).toMatchObject({ content: 'Here.' })
})

test('a call whose id is a number has that id', async () => {
  const tool_calls = [{ index: 0, id: 17, function: { name: 'f', arguments: '{}' } }]
  const end = await ended(chatOf([{ choices: [{ index: 0, delta: { tool_calls } }] }, stop]))
  expect(end.toolCalls).toMatchObject([{ id: '17', name: 'f' }])
})

test.each([
  ['as text', { type: 'error', error: 'overloaded' }],
  ['without a word', { type: 'error' }],
  ['with a message only', { type: 'error', message: 'overloaded' }],
])('an error of Anthropic’s wire %s is the provider’s', async (_, event) => {
  const client = new Anthropic({ apiKey: 'key', fetch: speaking([event]), logLevel: 'off' })
  const params = { model: 'm', max_tokens: 9, messages: [] }
  expect(await ended(() => anthropicMessages(client, params))).toMatchObject({ error: { type: 'api_error' } })
})

test.each([
  [
    'completed, but failed',
    'response.completed',
    { status: 'failed', error: { code: 'rate_limit_exceeded' } },
    'rate_limit',
    true,
  ],
  [
    'completed, with an error',
    'response.completed',
    { status: 'completed', error: { code: 'server_error' } },
    'api_error',
    true,
  ],
  ['cancelled', 'response.cancelled', { status: 'cancelled' }, 'api_error', false],
  ['completed, but cancelled', 'response.completed', { status: 'cancelled' }, 'api_error', false],
])('a response that is %s is not whole', async (_, type, response, errorType, recoverable) => {
  const fetch = speaking([
    { type: 'response.output_text.delta', delta: 'Half' },
    { type, response },
  ])
  const client = new OpenAI({ apiKey: 'key', fetch, logLevel: 'off' })
  const end = await ended(() => openaiResponses(client, { model: 'm', input: 'x' }))
  expect(end).toMatchObject({ outcome: 'error', error: { type: errorType, recoverable } })
})

test('calls without an id get one, each its own, and the next request can repeat it', async () => {
  const fragment = { function: { name: 'f', arguments: '{}' } }
  const once = chatOf([{ choices: [{ index: 0, delta: { tool_calls: [fragment, fragment] } }] }, stop])
  const end = await ended(async function* () {
    for (let count = 0; count < 2; count++) {
      const { toolCalls } = yield* round(once())
      for (const { id } of toolCalls) yield toolResult(id!, count)
    }
    yield 'Done.'
  })
  expect(end).toMatchObject({ outcome: 'completed', text: 'Done.' })
  expect(end.toolCalls.map(({ result }) => result?.output)).toEqual([0, 0, 1, 1])
  const ids = end.toolCalls.map(({ id }) => id)
  expect(new Set(ids).size).toBe(4)
  expect(end.rounds[0]?.message).toMatchObject({ tool_calls: [{ id: ids[0] }, { id: ids[1] }] })
})
