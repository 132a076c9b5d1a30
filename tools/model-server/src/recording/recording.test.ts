import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { chat, clientOf, questions } from '../../test/support.ts'
import { type ModelServer, startModelServer } from '../index.ts'

let server: ModelServer
beforeEach(async () => {
  server = await startModelServer({ ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY })
})
afterEach(() => server.close())

describe('the record', () => {
  test('holds what was asked, without the key', async () => {
    const body = chat('remember me', 'sluice-echo')
    await clientOf(server).chat.completions.create(body, { headers: { 'x-trace': 'abc' } })
    const [request] = server.requests
    expect(request).toMatchObject({
      method: 'POST',
      path: '/v1/chat/completions',
      body,
      status: 200,
      outcome: 'completed',
      text: 'remember me',
      headers: { 'x-trace': 'abc' },
    })
    expect(request!.headers).not.toHaveProperty('authorization')
    expect(request!.startedAt).toBeLessThanOrEqual(request!.firstTokenAt!)
    expect(request!.firstTokenAt).toBeLessThanOrEqual(request!.finishedAt!)
  })

  test('hands out requests in their order, each once, also those to come', async () => {
    const client = clientOf(server)
    await client.chat.completions.create(chat('1', 'sluice-echo'))
    await client.chat.completions.create(chat('2', 'sluice-echo'))
    const [first, second, third] = [server.nextRequest(), server.nextRequest(), server.nextRequest()]
    await client.chat.completions.create(chat('3', 'sluice-echo'))
    const texts = await Promise.all([first, second, third].map(async (request) => (await request).text))
    expect(texts).toEqual(['1', '2', '3'])
  })

  test('tells of a client that hangs up, and the model stops', async () => {
    const headers = { 'x-model-tokens-per-second': '200' }
    const stream = await clientOf(server).chat.completions.create(
      { ...chat(questions.logging), stream: true },
      { headers },
    )
    const request = await server.waitFor(({ tokens }) => tokens >= 5)
    expect(request.outcome).toBe('running')
    stream.controller.abort()
    expect(await request.ended).toBe('client_hung_up')
    expect(request.finishedAt).toBeGreaterThan(request.startedAt)
    expect(server.answerFor(questions.logging).startsWith(request.text)).toBe(true)
    expect(request.text.length).toBeLessThan(server.answerFor(questions.logging).length)
  })

  test('tells of a client that hangs up before an answer that is not streamed', async () => {
    const abort = new AbortController()
    const options = { headers: { 'x-model-ttft-ms': '60000' }, signal: abort.signal }
    const answer = clientOf(server).chat.completions.create(chat('x'), options)
    const request = await server.nextRequest()
    abort.abort()
    await expect(answer).rejects.toBeInstanceOf(OpenAI.APIUserAbortError)
    expect(await request.ended).toBe('client_hung_up')
  })

  test('keeps the last requests only', async () => {
    const small = await startModelServer({
      ttftMs: 0,
      tokensPerSecond: Number.POSITIVE_INFINITY,
      maxRequests: 2,
    })
    for (const text of ['1', '2', '3']) {
      await clientOf(small).chat.completions.create(chat(text, 'sluice-echo'))
    }
    expect(small.requests.map(({ text }) => text)).toEqual(['2', '3'])
    expect((await small.nextRequest()).text).toBe('2')
    await small.close()
  })

  test('a predicate that throws fails its own test and nothing else', async () => {
    const waiting = server.waitFor(() => {
      throw new Error('mine')
    })
    const failed = expect(waiting).rejects.toThrow('mine')
    const completion = await clientOf(server).chat.completions.create(chat('fine', 'sluice-echo'))
    expect(completion.choices[0]?.message.content).toBe('fine')
    await failed
  })
})
