import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { chat, clientOf } from '../../test/support.ts'
import { type ModelServer, startModelServer } from '../index.ts'

let server: ModelServer
beforeEach(async () => {
  server = await startModelServer({ ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY })
})
afterEach(() => server.close())

const post = (path: string, body: string, headers: Record<string, string> = { authorization: 'Bearer x' }) =>
  fetch(`${server.url}${path}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  })

describe('errors have OpenAI’s shape', () => {
  test('an unknown route', async () => {
    const response = await post('/v1/nothing?x=1', '{}')
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({
      error: {
        message: 'Invalid URL (POST /v1/nothing)',
        type: 'invalid_request_error',
        param: null,
        code: null,
      },
    })
  })

  test.each(['{', '', 'null', '[]'])('the body %j', async (body) => {
    const response = await post('/v1/chat/completions', body)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error' } })
    expect(response.headers.get('x-request-id')).toBe(server.requests[0]?.id)
  })

  test.each([
    [{}, 'model', 'missing_required_parameter'],
    [{ model: 'gpt-5' }, 'messages', 'missing_required_parameter'],
    [{ model: 5, messages: [] }, 'model', 'invalid_type'],
    [{ model: 'gpt-5', messages: [] }, 'messages', 'empty_array'],
    [{ model: 'gpt-5', messages: 'hello' }, 'messages', 'invalid_type'],
    [{ model: 'gpt-5', messages: [{ content: 'x' }] }, 'messages[0].role', 'missing_required_parameter'],
    [{ model: 'gpt-5', messages: [{ role: 'me', content: 'x' }] }, 'messages[0].role', 'invalid_value'],
    [{ model: 'gpt-5', messages: [{ role: 'user', content: 5 }] }, 'messages[0].content', 'invalid_type'],
    [{ ...chat('x'), max_tokens: 0 }, 'max_tokens', 'integer_below_min_value'],
    [{ ...chat('x'), n: 2 }, 'n', 'invalid_value'],
    [{ ...chat('x'), stream_options: { include_usage: true } }, 'stream_options', null],
  ])('%j is refused for %s', async (body, param, code) => {
    const response = await post('/v1/chat/completions', JSON.stringify(body))
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { param, code, type: 'invalid_request_error' } })
  })

  test('what is not known is ignored', async () => {
    const response = await post(
      '/v1/chat/completions',
      JSON.stringify({ ...chat('x'), logit_bias: {}, whatever: 1 }),
    )
    expect(response.status).toBe(200)
  })

  test.each(['/chat/completions', '/responses'])('an unknown model at %s', async (path) => {
    const body = path === '/responses' ? { model: 'gpt-0', input: 'x' } : chat('x', 'gpt-0')
    const response = await post(`/v1${path}`, JSON.stringify(body))
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ error: { code: 'model_not_found' } })
  })

  test.each([
    ['no key', {}, null],
    ['no bearer', { authorization: 'Basic abc' }, null],
    ['the key “invalid”', { authorization: 'Bearer invalid' }, 'invalid_api_key'],
  ])('%s', async (_, headers: Record<string, string>, code) => {
    const response = await post('/v1/chat/completions', JSON.stringify(chat('x')), headers)
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ error: { code } })
  })

  test.each([
    ['x-model-ttft-ms', '-1'],
    ['x-model-tokens-per-second', 'fast'],
    ['x-model-jitter', '2'],
    ['x-model-seed', '1.5'],
    ['x-model-answer-tokens', '0'],
  ])('the header %s: %s', async (name, value) => {
    const error = await clientOf(server)
      .chat.completions.create(chat('x'), { headers: { [name]: value } })
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      status: 400,
      code: 'invalid_header',
      message: expect.stringContaining(name),
    })
  })
})
