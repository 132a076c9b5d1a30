import { StreamingError } from '@sluice/core'
import type OpenAI from 'openai'
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { OpenAiModel } from '../../src/openai/index.ts'
import { clientFor, endless, FINISH, HI, newKey, says, serveOpenAi, supportBot } from './support.ts'

const model = 'support-bot'

const lookUp = {
  type: 'function',
  function: {
    name: 'look_up',
    parameters: { type: 'object', properties: { word: { type: 'string' } } },
  },
} satisfies OpenAI.ChatCompletionTool

describe('the openai package asks for a chat completion', () => {
  test('whole', async () => {
    const { client, asked } = await serveOpenAi(
      says({ type: 'reasoning', content: 'Hm.' }, 'Hello ', 'you.', FINISH),
    )
    const completion = await client.chat.completions.create({ model, messages: HI, temperature: 0.5 })
    expect(completion).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-[\w-]{22}$/),
      object: 'chat.completion',
      model,
      created: expect.closeTo(Date.now() / 1000, -2),
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello you.', refusal: null, reasoning_content: 'Hm.' },
          finish_reason: 'stop',
          logprobs: null,
        },
      ],
      usage: {
        prompt_tokens: 5,
        completion_tokens: 7,
        total_tokens: 12,
        prompt_tokens_details: { cached_tokens: 2 },
        completion_tokens_details: { reasoning_tokens: 3 },
      },
    })
    expect(completion._request_id).toBeTruthy()
    expect(asked).toEqual([{ messages: HI, temperature: 0.5 }])
  })

  test('streamed, with the usage', async () => {
    const { client } = await serveOpenAi(says('Hello ', 'you.', FINISH))
    const stream = await client.chat.completions.create({
      model,
      messages: HI,
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks = []
    for await (const chunk of stream) chunks.push(chunk)
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('Hello you.')
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop')
    expect(chunks.at(-1)?.usage?.total_tokens).toBe(12)
  })

  test('by its helper for streams', async () => {
    const { client } = await serveOpenAi(says('Hello ', 'you.', FINISH))
    const deltas: string[] = []
    const runner = client.chat.completions.stream({ model, messages: HI })
    runner.on('content', (delta) => deltas.push(delta))
    const completion = await runner.finalChatCompletion()
    expect(deltas.join('')).toBe('Hello you.')
    expect(completion.choices[0]?.message).toMatchObject({ role: 'assistant', content: 'Hello you.' })
  })

  test.each([true, false])('with tools that it runs itself (streamed: %s)', async (stream) => {
    const { client, asked } = await serveOpenAi(async function* ({ input: { messages } }) {
      const last = messages.at(-1)
      if (last?.role !== 'tool') {
        yield { type: 'tool_call', index: 0, id: 'call_1', name: 'look_up', arguments: '{"word"' }
        yield { type: 'tool_call', index: 0, arguments: ':"sluice"}' }
        yield { type: 'finish', finishReason: 'tool_calls' }
        return
      }
      yield `It is ${String(last.content)}.`
      yield FINISH
    })
    const calls: string[] = []
    const tool = zodFunction({
      name: 'look_up',
      parameters: z.object({ word: z.string() }),
      function: ({ word }) => {
        calls.push(word)
        return 'a gate for water'
      },
    })
    const body = { model, messages: [...HI], tools: [tool] }
    const runner = stream
      ? client.chat.completions.runTools({ ...body, stream: true })
      : client.chat.completions.runTools({ ...body, stream: false })
    expect(await runner.finalContent()).toBe('It is a gate for water.')
    expect(calls).toEqual(['sluice'])
    expect(asked).toHaveLength(2)
    expect(asked[1]?.messages.slice(1)).toMatchObject([
      { role: 'assistant', tool_calls: [{ id: 'call_1', function: { arguments: '{"word":"sluice"}' } }] },
      { role: 'tool', tool_call_id: 'call_1', content: 'a gate for water' },
    ])
  })

  test('and gets the answer of a tool that the server runs, without the call', async () => {
    const { client } = await serveOpenAi(
      says(
        { type: 'tool_call', index: 0, id: 'c', name: 'server_tool', arguments: '{}' },
        { type: 'finish', finishReason: 'tool_calls' },
        { type: 'tool_result', id: 'c', output: 42 },
        'It is 42.',
        FINISH,
      ),
    )
    const runner = client.chat.completions.stream({ model, messages: HI, tools: [lookUp] })
    const [choice] = (await runner.finalChatCompletion()).choices
    expect(choice).toMatchObject({ message: { content: 'It is 42.' }, finish_reason: 'stop' })
    expect(choice?.message.tool_calls ?? []).toEqual([])
  })

  test('in a form of its own, if the application reads response_format', async () => {
    const { client } = await serveOpenAi(says('{"word":"sluice"}', FINISH), {
      models: {
        [model]: {
          stream: 'chat',
          input: ({ messages, response_format }) => ({ messages, response_format }),
        },
      },
    })
    const format = zodResponseFormat(z.object({ word: z.string() }), 'answer')
    const completion = await client.chat.completions.parse({ model, messages: HI, response_format: format })
    expect(completion.choices[0]?.message.parsed).toEqual({ word: 'sluice' })
  })

  test('again with the same key, and gets the same answer', async () => {
    const { client, asked } = await serveOpenAi(says('Hello.', FINISH))
    const options = { headers: { 'Idempotency-Key': newKey() } }
    const body = { model, messages: [...HI] }
    const first = await client.chat.completions.create(body, options)
    expect(await client.chat.completions.create(body, options)).toEqual(first)
    expect(await client.chat.completions.create(body)).not.toEqual(first)
    expect(asked).toHaveLength(2)
    await expect(
      client.chat.completions.create({ ...body, temperature: 0.1 }, options),
    ).rejects.toMatchObject({
      status: 422,
      type: 'invalid_request_error',
    })
  })

  test('later, by its id', async () => {
    const { client } = await serveOpenAi(says('Hello.', FINISH))
    const completion = await client.chat.completions.create({ model, messages: HI })
    expect(await client.chat.completions.retrieve(completion.id)).toEqual(completion)
  })
})

describe('an answer that breaks off', () => {
  const broken: Parameters<typeof serveOpenAi>[0] = async function* () {
    yield 'Hel'
    throw new StreamingError('rate_limit', 'Slow down.', { retryAfterMs: 2_000 })
  }

  test('is an error of the client’s in a stream', async () => {
    const { client } = await serveOpenAi(broken)
    const stream = client.chat.completions.stream({ model, messages: HI })
    await expect(stream.finalChatCompletion()).rejects.toMatchObject({
      error: { message: 'Slow down.', type: 'requests', code: 'rate_limit_exceeded', param: null },
    })
  })

  test('is an answer with a status if it was asked for whole', async () => {
    const { client } = await serveOpenAi(broken)
    const failing = client.chat.completions.create({ model, messages: HI })
    await expect(failing).rejects.toMatchObject({ status: 429, code: 'rate_limit_exceeded' })
    const { headers } = (await failing.catch((error: unknown) => error)) as { readonly headers: Headers }
    expect(headers.get('retry-after')).toBe('2')
  })

  test('begins anew without a trace if it was asked for whole', async () => {
    let attempts = 0
    const { client } = await serveOpenAi(
      async function* () {
        attempts += 1
        yield attempts === 1 ? 'Hel' : 'Hello.'
        if (attempts > 1) return
        yield { type: 'tool_call', index: 0, id: 'c', name: 'f', arguments: '{' }
        throw new StreamingError('connection_lost')
      },
      { definition: { retry: { afterFirstChunk: 'continue', baseMs: 1, floorMs: 0, capMs: 1 } } },
    )
    const completion = await client.chat.completions.create({ model, messages: HI })
    expect(completion.choices[0]?.message).toMatchObject({ content: 'Hello.' })
    attempts = 0
    const stream = client.chat.completions.stream({ model, messages: HI })
    await expect(stream.finalChatCompletion()).rejects.toThrow(/began anew/)
  })
})

describe('Stop', () => {
  test('a DELETE of the Location reaches the provider, and other readers get an error', async () => {
    const { answer, stopped } = endless()
    const { client } = await serveOpenAi(answer)
    const { data, response } = await client.chat.completions
      .create({ model, messages: HI, stream: true, stream_options: { include_usage: true } })
      .withResponse()
    const location = new URL(response.headers.get('location')!, response.url)
    expect(location.pathname).toMatch(/^\/v1\/chat\/completions\/chatcmpl-[\w-]{22}$/)
    const reading = (async () => {
      for await (const _chunk of data);
    })()
    expect((await fetch(location, { method: 'DELETE' })).status).toBe(204)
    await stopped
    await expect(reading).rejects.toMatchObject({ code: 'response_cancelled' })
    // The whole answer is an error too, that no client asks for again by itself.
    await expect(
      client.chat.completions.retrieve(location.pathname.split('/').at(-1)!),
    ).rejects.toMatchObject({ status: 400, code: 'response_cancelled' })
  })

  test.each(['/chat/completions', '/responses'])(
    'a DELETE of %s stops what its key has started, or will start',
    async (path) => {
      const { answer, stopped } = endless()
      const { url, asked } = await serveOpenAi(answer)
      const headers = { 'idempotency-key': newKey(), 'content-type': 'application/json' }
      const given = path === '/responses' ? { model, input: 'Hi' } : { model, messages: HI }
      const waiting = fetch(url + path, { method: 'POST', headers, body: JSON.stringify(given) })
      while (asked.length === 0) await new Promise(setImmediate)
      expect(
        (
          await fetch(url + path, {
            method: 'DELETE',
            headers: { 'idempotency-key': headers['idempotency-key'] },
          })
        ).status,
      ).toBe(204)
      await stopped
      expect((await waiting).status).toBe(400)
      const key = newKey()
      expect(
        (await fetch(url + path, { method: 'DELETE', headers: { 'idempotency-key': key } })).status,
      ).toBe(204)
      const late = {
        method: 'POST',
        headers: { ...headers, 'idempotency-key': key },
        body: JSON.stringify(given),
      }
      expect((await fetch(url + path, late)).status).toBe(409)
      expect(asked).toHaveLength(1)
      expect((await fetch(url + path, { method: 'DELETE' })).status).toBe(400)
    },
  )

  test('a client that disconnects stops nothing', async () => {
    const { promise: left, resolve: leave } = Promise.withResolvers<void>()
    const { client, hub } = await serveOpenAi(async function* () {
      yield 'Hello '
      await left
      yield 'you.'
      yield FINISH
    })
    const { data, response } = await client.chat.completions
      .create({ model, messages: HI, stream: true })
      .withResponse()
    for await (const chunk of data) if (chunk.choices[0]?.delta.content) break
    while (hub.load.viewers > 0) await new Promise(setImmediate)
    leave()
    const location = new URL(response.headers.get('location')!, response.url)
    const rest = await (await fetch(location, { headers: { accept: 'application/json' } })).text()
    expect(rest).toContain('"content":"you."')
    expect(rest).toMatch(/\[DONE\]\s*$/)
  })
})

test('a prefix with parameters binds the answers to their values', async () => {
  const { url, port } = await serveOpenAi(says('Hello.', FINISH), { options: { prefix: '/:tenant/v1' } })
  const at = (tenant: string) => url.replace('/v1', `/${tenant}/v1`)
  const { data, response } = await clientFor(at('a'))
    .chat.completions.create({ model, messages: HI, stream: true })
    .withResponse()
  for await (const _chunk of data);
  const location = response.headers.get('location')!
  expect(location).toMatch(/^\/a\/v1\/chat\/completions\/chatcmpl-/)
  const read = (path: string) => fetch(`http://127.0.0.1:${port}${path}`)
  expect((await read(location)).status).toBe(200)
  expect((await read(location.replace('/a/', '/b/'))).status).toBe(404)
})

test('a definition that may take text back is refused at registration', async () => {
  await expect(
    serveOpenAi(says('a'), { definition: { retry: { afterFirstChunk: 'restart' } } }),
  ).rejects.toMatchObject({ code: 'FST_ERR_SLUICE_OPTION' })
})

test.each<[object, RegExp]>([
  [{}, /models has to be/],
  [{ 'a b': supportBot }, /printable ASCII/],
  [{ m: { ...supportBot, stream: 'other' } }, /models\["m"\]\.stream has to be one of the hub's: chat/],
  [{ m: { stream: 'chat' } }, /input has to be a function/],
])('models that are wrong are refused at registration %#', async (models, message) => {
  await expect(serveOpenAi(says('a'), { models: models as Record<string, OpenAiModel> })).rejects.toThrow(
    message,
  )
})
