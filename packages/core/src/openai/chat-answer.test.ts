import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Harness, readAll } from '../../test/harness.ts'
import { readAnswer } from '../../test/provider-wires.ts'
import type { StreamingError } from '../errors.ts'
import { type OpenAIChatOptions, openaiChat } from './chat.ts'

const params = { model: 'm', messages: [] }

/** Speaks these lines, and leaves the rest to the test. */
let speak: (response: ServerResponse) => void
let server: Server
let client: OpenAI
beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    speak(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  client = new OpenAI({ apiKey: 'test', baseURL: `http://127.0.0.1:${port}`, logLevel: 'off' })
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const line = (data: unknown) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
const chunk = (delta: unknown, finish_reason: unknown = null, more: object = {}) => ({
  choices: [{ index: 0, delta, finish_reason, ...more }],
})
const STOP = chunk({}, 'stop')

function answerOf(lines: readonly unknown[], options: OpenAIChatOptions = {}) {
  speak = (response) => response.end(lines.map(line).join(''))
  return readAnswer(openaiChat(client, params, options))
}

const calls = (...tool_calls: readonly unknown[]) => chunk({ tool_calls })

describe('tool calls', () => {
  const whole = [{ id: 'a', name: 'find', arguments: '{"q":1}' }]

  test.each<[string, readonly unknown[], readonly object[]]>([
    [
      'with the index as text',
      [calls({ index: '0', id: 'a', function: { name: 'find', arguments: '{"q":1}' } })],
      whole,
    ],
    [
      'in fragments without an index, by id and then by order',
      [
        calls({ id: 'a', function: { name: 'find', arguments: '' } }),
        calls({ id: 'a', function: { arguments: '{"q"' } }),
        calls({ function: { arguments: ':1}' } }),
      ],
      whole,
    ],
    [
      'two of them without index and id',
      [calls({ function: { name: 'a', arguments: '{}' } }, { function: { name: 'b', arguments: {} } })],
      [
        { id: expect.stringMatching(/^call_/), name: 'a', arguments: '{}' },
        { id: expect.stringMatching(/^call_/), name: 'b', arguments: '{}' },
      ],
    ],
    [
      'interleaved, by index',
      [
        calls({ index: 0, id: 'a', function: { name: 'f' } }, { index: 1, id: 'b', function: { name: 'g' } }),
        calls({ index: 1, function: { arguments: '2' } }, { index: 0, function: { arguments: '1' } }),
      ],
      [
        { id: 'a', name: 'f', arguments: '1' },
        { id: 'b', name: 'g', arguments: '2' },
      ],
    ],
    [
      'with an id that changes, or is blank, in each fragment',
      [
        calls({ index: 0, id: 'a', function: { name: 'find', arguments: '{"q"' } }),
        calls({ index: 0, id: '', function: { name: '', arguments: ':' } }),
        calls({ index: 0, id: 'c', function: { name: null, arguments: '1}' } }),
      ],
      whole,
    ],
    [
      'with places that are null',
      [calls(null, { index: 1, id: 'a', function: { name: 'find', arguments: '{"q":1}' } })],
      whole,
    ],
  ])('%s', async (_name, chunks, expected) => {
    const answer = await answerOf([...chunks, chunk({}, 'tool_calls'), '[DONE]'])
    expect(answer.error).toBeUndefined()
    expect(answer.calls).toEqual(expected)
    expect(answer.finish?.finishReason).toBe('tool_calls')
  })
})

describe('an error in the stream, in any of its shapes', () => {
  test.each<[object, string]>([
    [{ error: { code: 'rate_limit_exceeded' } }, 'rate_limit'],
    [{ error: 'Rate limit reached' }, 'api_error'],
    [{ ...chunk({ content: '' }, 'error'), error: { code: 502, message: 'no' } }, 'api_error'],
    [{ choices: [{ index: 0, error: { code: 429, message: 'no' }, finish_reason: 'error' }] }, 'rate_limit'],
    [{ ...chunk({}), x_groq: { error: 'over capacity' } }, 'api_error'],
    [{ object: 'error', message: 'no', code: '429' }, 'rate_limit'],
    [{ type: 'error', error: { type: 'overloaded_error', message: 'no' } }, 'server_overloaded'],
    [[{ error: { code: 503, message: 'no', status: 'UNAVAILABLE' } }], 'server_overloaded'],
    [{ code: 403, message: 'no' }, 'permission_denied'],
  ])('%j is %s', async (said, type) => {
    const { text, error, finish } = await answerOf([chunk({ content: 'Half' }), said, '[DONE]'])
    expect({ text, finish }).toEqual({ text: 'Half', finish: undefined })
    expect(error).toMatchObject({ name: 'StreamingError', type })
  })

  test('an event named error is one, whatever its data is', async () => {
    speak = (response) =>
      response.end(`${line(chunk({ content: 'Half' }))}event: error\ndata: over capacity\n\n`)
    expect(await readAnswer(openaiChat(client, params))).toMatchObject({
      text: 'Half',
      error: { type: 'api_error' },
    })
  })

  test.each([{ error: null }, { error: {} }, { error: '' }])('%j is none', async (more) => {
    const answer = await answerOf([{ ...chunk({ content: 'Whole' }), ...more }, STOP])
    expect(answer).toMatchObject({ text: 'Whole', error: undefined })
  })
})

describe('a reason', () => {
  test('is taken back by text that follows it', async () => {
    const lines = [chunk({ content: 'One ' }), STOP, chunk({ content: 'two' })]
    expect((await answerOf(lines)).error).toMatchObject({ type: 'connection_lost' })
    expect(await answerOf([...lines, STOP, '[DONE]'])).toMatchObject({ text: 'One two', error: undefined })
  })

  test('in each chunk is believed once the usage follows', async () => {
    const usage = { choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } }
    const lines = [chunk({ content: 'One ' }, 'stop'), chunk({ content: 'two' }, 'stop')]
    expect((await answerOf(lines)).error).toMatchObject({ type: 'connection_lost' })
    const whole = await answerOf([...lines, usage])
    expect(whole).toMatchObject({ text: 'One two', finish: { usage: { total_tokens: 3 } } })
  })

  test('that is missing at [DONE] is an error that names the option, and none with it', async () => {
    const lines = [chunk({ content: 'Hello' }), '[DONE]']
    const { error } = await answerOf(lines)
    expect(error).toMatchObject({
      type: 'connection_lost',
      message: expect.stringContaining('missingFinishReason'),
    })
    const lenient = await answerOf(lines, { missingFinishReason: 'stop' })
    expect(lenient).toMatchObject({ text: 'Hello', finish: { finishReason: 'stop' } })
  })

  test('that is missing is an error also with the option, if there is no text or no [DONE]', async () => {
    const options = { missingFinishReason: 'stop' as const }
    expect((await answerOf([chunk({}), '[DONE]'], options)).error).toMatchObject({ type: 'connection_lost' })
    expect((await answerOf([chunk({ content: 'x' })], options)).error).toMatchObject({
      type: 'connection_lost',
    })
  })
})

describe('usage', () => {
  test.each<[object, object | undefined]>([
    [
      { ...STOP, x_groq: { usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } } },
      { total_tokens: 5 },
    ],
    [chunk({}, 'stop', { usage: { prompt_tokens: 3, completion_tokens: 2 } }), { total_tokens: 5 }],
    [
      { ...STOP, usage: { prompt_tokens: 3, total_tokens: 5, completion_tokens: null } },
      { output_tokens: 2 },
    ],
    [{ ...STOP, usage: { prompt_tokens: 3, completion_tokens: null } }, undefined],
    [{ ...STOP, usage: null }, undefined],
  ])('of %j', async (last, usage) => {
    const { finish } = await answerOf([chunk({ content: 'x' }), last, '[DONE]'])
    if (usage === undefined) expect(finish?.usage).toBeUndefined()
    else expect(finish?.usage).toMatchObject(usage)
  })
})

describe('what cannot be understood names the chunk', () => {
  test.each<[unknown, string]>([
    ['{"choices":[{"in', 'The provider’s chunk 2 is not JSON.'],
    [chunk('text'), 'The provider’s chunk 2 has a delta that is a string.'],
    [chunk({ content: 17 }), 'The provider’s chunk 2 has a content that is a number.'],
    [chunk({ tool_calls: 'none' }), 'The provider’s chunk 2 has tool calls that are a string.'],
    [
      calls({ index: 0, function: { name: 'f', arguments: 1 } }),
      'The provider’s chunk 2 has a tool call whose arguments are a number.',
    ],
  ])('%j: %s', async (said, message) => {
    const { error, text } = await answerOf([chunk({ content: 'Half' }), said, STOP, '[DONE]'])
    expect(text).toBe('Half')
    expect(error).toMatchObject({ type: 'api_error', message })
  })

  test('and the log has it at debug level only, cut at 1 kB', async () => {
    const secret = `{"secret":"${'x'.repeat(3000)}`
    speak = (response) => response.end(line(secret))
    const { hub, logged } = new Harness({
      definition: { run: ({ signal }) => openaiChat(client, params, { signal }), retry: { maxRetries: 0 } },
    })
    const sink = await readAll(await hub.start({ stream: 'chat', input: {} }))
    await sink.ended
    const levels = logged.filter(({ facts }) => 'chunk' in facts)
    expect(levels).toEqual([
      expect.objectContaining({
        level: 'debug',
        facts: expect.objectContaining({ chunk: secret.slice(0, 1024) }),
      }),
    ])
    const error = logged.find(({ level }) => level === 'error')!
    expect(inspect(error, { depth: 9 })).not.toContain('secret')
    expect(JSON.stringify(sink.events)).not.toContain('secret')
  })
})

test('comments, pings and roles are signs of life before the first text', async () => {
  speak = (response) =>
    response.end(
      `: thinking\n\n${line({ type: 'ping' })}${line(chunk({ role: 'assistant' }))}${line(chunk({ content: 'x' }))}${line(STOP)}`,
    )
  const parts = []
  for await (const part of openaiChat(client, params)) parts.push(part)
  expect(parts.slice(0, 4)).toEqual([
    { type: 'content', content: '' },
    { type: 'content', content: '' },
    { type: 'content', content: '' },
    { type: 'content', content: 'x' },
  ])
})

test('an answer that the provider leaves open after its reason is closed', async () => {
  const closed = new Promise<void>((resolve) => {
    speak = (response) => {
      response.write(line(chunk({ content: 'x' })) + line(STOP))
      response.on('close', resolve)
    }
  })
  expect(await readAnswer(openaiChat(client, params))).toMatchObject({
    text: 'x',
    finish: { finishReason: 'stop' },
  })
  await closed
})

describe('a client that gives chunks and no response', () => {
  const wrapped = (chunks: AsyncIterable<unknown>) =>
    ({ chat: { completions: { create: async () => chunks } } }) as unknown as OpenAI

  test('is read as it is', async () => {
    async function* chunks() {
      yield chunk({ content: 'Hello' })
      yield STOP
    }
    expect(await readAnswer(openaiChat(wrapped(chunks()), params))).toMatchObject({
      text: 'Hello',
      finish: { finishReason: 'stop' },
    })
  })

  test('and never ends after the reason, is left', async () => {
    async function* chunks() {
      yield chunk({ content: 'Hello' })
      yield STOP
      await new Promise(() => {})
    }
    expect(await readAnswer(openaiChat(wrapped(chunks()), params))).toMatchObject({
      text: 'Hello',
      error: undefined,
    })
  })

  test('tells of its errors', async () => {
    async function* chunks() {
      yield chunk({ content: 'Hello' })
      throw new TypeError('terminated')
    }
    const { error } = await readAnswer(openaiChat(wrapped(chunks()), params))
    expect((error as StreamingError).type).toBe('connection_lost')
  })
})

test('the bytes may come in any pieces', async () => {
  const body = new TextEncoder().encode(
    `: é\r\n\r\n${line(chunk({ content: 'Grüße ' })).replaceAll('\n', '\r\n')}${line(chunk({ content: '世界' }))}${line(STOP)}${line('[DONE]')}`,
  )
  for (let cut = 0; cut <= body.length; cut++) {
    const pieces = [body.subarray(0, cut), body.subarray(cut)]
    const stream = new ReadableStream({
      pull(controller) {
        const piece = pieces.shift()
        if (piece === undefined) controller.close()
        else controller.enqueue(piece)
      },
    })
    const split = new OpenAI({
      apiKey: 'x',
      baseURL: 'http://provider',
      fetch: async () => new Response(stream),
    })
    const { text, finish } = await readAnswer(openaiChat(split, params))
    expect({ text, reason: finish?.finishReason }).toEqual({ text: 'Grüße 世界', reason: 'stop' })
  }
})
