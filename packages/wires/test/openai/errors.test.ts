import { StreamingError } from '@sluice/core'
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { FINISH, HI, newKey, says, serveOpenAi } from './support.ts'

const model = 'support-bot'
const chat = { model, messages: HI }

/** Asserts that an answer is an error as OpenAI has it, and nothing else. */
async function expectError(answer: Response, status: number, fields: object): Promise<void> {
  const body = (await answer.json()) as Record<string, Record<string, unknown>>
  expect({ status: answer.status, ...body }).toMatchObject({ status, error: fields })
  expect(Object.keys(body)).toEqual(['error'])
  expect(Object.keys(body.error!).sort()).toEqual(['code', 'message', 'param', 'type'])
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
}

async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

describe('before an answer begins', () => {
  test('a model that does not exist', async () => {
    const { client, asked } = await serveOpenAi(says('a', FINISH))
    const failing = client.chat.completions.create({ ...chat, model: 'other', stream: true })
    await expect(failing).rejects.toThrow(OpenAI.NotFoundError)
    await expect(failing).rejects.toMatchObject({ status: 404, code: 'model_not_found', param: 'model' })
    await expect(client.responses.create({ model: 'toString', input: 'Hi' })).rejects.toMatchObject({
      status: 404,
    })
    await expect(client.models.retrieve('other')).rejects.toMatchObject({ code: 'model_not_found' })
    expect(asked).toHaveLength(0)
  })

  test('a request that is wrong, by its class in the client', async () => {
    const { client, asked } = await serveOpenAi(says('a', FINISH))
    const failing = client.chat.completions.create({ ...chat, n: 2 })
    await expect(failing).rejects.toThrow(OpenAI.BadRequestError)
    await expect(failing).rejects.toMatchObject({ code: 'unsupported_value', param: 'n' })
    expect(asked).toHaveLength(0)
  })

  test('an input that the definition does not take names the place', async () => {
    const { client } = await serveOpenAi(says('a', FINISH), {
      models: { [model]: { stream: 'chat', input: () => ({ messages: 'none' }) } },
    })
    await expect(client.chat.completions.create(chat)).rejects.toMatchObject({
      status: 400,
      param: 'messages',
    })
  })

  test('an input that the application refuses, with its own code', async () => {
    const { client } = await serveOpenAi(says('a', FINISH), {
      models: {
        [model]: {
          stream: 'chat',
          input: () => {
            throw new StreamingError('context_length_exceeded', 'Too long.', {
              context: { param: 'messages' },
            })
          },
        },
      },
    })
    await expect(client.chat.completions.create(chat)).rejects.toMatchObject({
      status: 400,
      code: 'context_length_exceeded',
      param: 'messages',
    })
  })

  test('an application that fails reveals nothing', async () => {
    const { url } = await serveOpenAi(says('a', FINISH), {
      models: {
        [model]: {
          stream: 'chat',
          input: () => {
            throw new Error('password=hunter2')
          },
        },
      },
    })
    const answer = await post(`${url}/chat/completions`, chat)
    expect(await answer.clone().text()).not.toContain('hunter2')
    await expectError(answer, 500, { type: 'server_error' })
  })

  test.each<[string, unknown, Record<string, string>, number, object]>([
    ['no JSON', '{', {}, 400, { type: 'invalid_request_error' }],
    ['nothing', '', {}, 400, { type: 'invalid_request_error' }],
    ['no JSON by its type', JSON.stringify(chat), { 'content-type': 'text/plain' }, 415, {}],
    ['too much', { ...chat, user: 'x'.repeat(1_100_000) }, {}, 413, { type: 'invalid_request_error' }],
    ['a key that can be guessed', chat, { 'idempotency-key': '1' }, 400, {}],
    ['a thread that is none', chat, { 'thread-id': 'a b' }, 400, {}],
    [
      'a resume of a start that never was',
      chat,
      { 'last-event-id': '3.0.0', 'idempotency-key': newKey() },
      400,
      {},
    ],
    ['a resume without a key', chat, { 'last-event-id': '3.0.0' }, 400, {}],
    ['another site', chat, { origin: 'https://evil.example' }, 403, { code: 'permission_denied' }],
    ['a poisoned object', '{"__proto__":{"a":1}}', {}, 400, {}],
  ])('a POST with %s', async (_what, body, headers, status, fields) => {
    const { url, asked } = await serveOpenAi(says('a', FINISH))
    await expectError(await post(`${url}/chat/completions`, body, headers), status, fields)
    await expectError(await post(`${url}/responses`, body, headers), status, fields)
    expect(asked).toHaveLength(0)
  })

  test.each([
    ['GET', '/embeddings', 404, 'unknown_url'],
    ['PUT', '/models', 404, 'unknown_url'],
    ['GET', '/responses/resp_x', 404, 'not_found'],
    ['GET', `/responses/resp_${'A'.repeat(22)}?stream=true`, 404, 'not_found'],
    ['GET', `/responses/chatcmpl`, 404, 'not_found'],
    ['POST', `/responses/resp_${'A'.repeat(22)}/cancel`, 404, 'not_found'],
    ['DELETE', `/responses/resp_${'A'.repeat(22)}?stream=true`, 404, 'not_found'],
    ['GET', `/chat/completions/chatcmpl-${'A'.repeat(22)}`, 404, 'not_found'],
    ['GET', '/models/a%20b', 404, 'model_not_found'],
  ])('%s %s', async (method, path, status, code) => {
    const { url } = await serveOpenAi(says('a', FINISH))
    await expectError(await fetch(url + path, { method }), status, { code, type: 'invalid_request_error' })
  })

  test('who is not known, and whose answer it is not', async () => {
    const { url } = await serveOpenAi(says('a', FINISH), {
      options: { owner: ({ headers }) => /^Bearer sk-(\w+)$/.exec(headers.authorization ?? '')?.[1] },
    })
    await expectError(await post(`${url}/responses`, { model, input: 'Hi' }), 401, {
      code: 'invalid_api_key',
    })
    await expectError(await fetch(`${url}/models`), 401, { code: 'invalid_api_key' })
    const clientOf = (apiKey: string) => new OpenAI({ apiKey, baseURL: url, maxRetries: 0 })
    const { id } = await clientOf('sk-ann').responses.create({ model, input: 'Hi' })
    await expect(clientOf('sk-bob').responses.retrieve(id)).rejects.toMatchObject({ status: 404 })
    await expect(clientOf('sk-bob').responses.cancel(id)).rejects.toMatchObject({ status: 404 })
    await expect(clientOf('wrong').responses.retrieve(id)).rejects.toThrow(OpenAI.AuthenticationError)
    expect(await clientOf('sk-ann').responses.retrieve(id)).toMatchObject({ id })
  })

  test('too many starts, with the time to wait', async () => {
    const { url } = await serveOpenAi(says('a', FINISH), {
      before: (app) => {
        app.addHook('onRequest', async () => {
          throw new StreamingError('rate_limit', 'Slow down.', { retryAfterMs: 1_500 })
        })
      },
    })
    const answer = await post(`${url}/chat/completions`, chat)
    expect(answer.headers.get('retry-after')).toBe('2')
    await expectError(answer, 429, { code: 'rate_limit_exceeded', message: 'Slow down.' })
  })

  test('a quota that is used up: the client must not ask again', async () => {
    const { url } = await serveOpenAi(says('a', FINISH), {
      models: {
        [model]: {
          stream: 'chat',
          input: () => {
            throw new StreamingError('quota_exceeded')
          },
        },
      },
    })
    const answer = await post(`${url}/chat/completions`, chat)
    expect(answer.headers.get('x-should-retry')).toBe('false')
    await expectError(answer, 429, { code: 'insufficient_quota', type: 'insufficient_quota' })
  })
})

test.each([
  ['forged', 'abc', 400],
  ['forged', '1.2', 400],
  ['beyond the end', '99.0.0', 400],
  ['of an open block that never was', '2.0.9', 400],
])('a cursor that is %s (%s)', async (_what, cursor, status) => {
  const { url, client } = await serveOpenAi(says('a', FINISH))
  const { id } = await client.chat.completions.create(chat)
  const answer = await fetch(`${url}/chat/completions/${id}?stream=true`, {
    headers: { 'last-event-id': cursor },
  })
  await expectError(answer, status, { type: 'invalid_request_error' })
})

test('a stream of the hub that is no model of this API is not shown', async () => {
  const { hub, client } = await serveOpenAi(says('a', FINISH))
  const route = {
    input: { '~standard': { version: 1 as const, vendor: 'x', validate: (value: unknown) => ({ value }) } },
  }
  const { record } = await hub.startWith(
    { ...route, run: says('secret') as never },
    { stream: '/other', input: {} },
  )
  await expect(client.responses.retrieve(`resp_${record.streamId}`)).rejects.toMatchObject({ status: 404 })
})

test('Accept: application/json is taken for a stream, as the client sends it', async () => {
  const { url } = await serveOpenAi(says('a', FINISH))
  const answer = await post(
    `${url}/chat/completions`,
    { ...chat, stream: true },
    { accept: 'application/json' },
  )
  expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/)
  expect(await answer.text()).toContain('[DONE]')
})

test('the models', async () => {
  const { client } = await serveOpenAi(says('a'), {
    models: {
      'org/first': { stream: 'chat', input: ({ messages }) => ({ messages }), created: 5, ownedBy: 'us' },
      second: { stream: 'chat', input: ({ messages }) => ({ messages }) },
    },
  })
  const first = { id: 'org/first', object: 'model', created: 5, owned_by: 'us' }
  expect((await client.models.list()).data).toEqual([
    first,
    { id: 'second', object: 'model', created: 0, owned_by: 'sluice' },
  ])
  expect(await client.models.retrieve('org/first')).toMatchObject(first)
})

test('a server that is closing says so', async () => {
  const { url, hub } = await serveOpenAi(says('a', FINISH))
  await hub.close()
  await expectError(await post(`${url}/responses`, { model, input: 'Hi' }), 503, { type: 'server_error' })
})
