import { afterEach, beforeEach, expect, test } from 'vitest'
import { chat, clientOf, questions } from '../../test/support.ts'
import { type ModelServer, startModelServer } from '../index.ts'

let server: ModelServer
beforeEach(async () => {
  server = await startModelServer({ ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY })
})
afterEach(() => server.close())

function inspect(path: string, { headers, ...init }: RequestInit = {}): Promise<Response> {
  const authorization = `Bearer ${server.inspectionToken}`
  return fetch(server.url + path, { ...init, headers: { authorization, ...headers } })
}

test('without the token, nobody reads or changes anything', async () => {
  await clientOf(server).chat.completions.create(chat('a secret', 'sluice-echo'))
  const attempts = [
    ['GET', '/_requests'],
    ['DELETE', '/_requests'],
    ['GET', '/_answers?question=a'],
    ['POST', '/_scripts'],
  ] as const
  for (const [method, path] of attempts) {
    for (const authorization of [undefined, 'Bearer any', `Basic ${server.inspectionToken}`]) {
      const headers = authorization === undefined ? {} : { authorization }
      const response = await fetch(server.url + path, { method, headers })
      expect({ method, path, status: response.status }).toEqual({ method, path, status: 401 })
      expect(await response.json()).toMatchObject({ error: { code: 'invalid_inspection_token' } })
    }
  }
  expect(server.requests).toHaveLength(1)
  const other = await startModelServer()
  expect(other.inspectionToken).not.toBe(server.inspectionToken)
  await other.close()
})

test('requests are read and forgotten, answers are read', async () => {
  await clientOf(server).chat.completions.create(chat('over http', 'sluice-echo'))
  const requests = await (await inspect('/_requests')).json()
  expect(requests).toEqual(JSON.parse(JSON.stringify(server.requests)))
  expect(requests).toMatchObject([{ text: 'over http', outcome: 'completed', tokens: 2 }])
  expect((await inspect('/_requests', { method: 'DELETE' })).status).toBe(204)
  expect(server.requests).toEqual([])

  const answer = (query: object) => inspect(`/_answers?${new URLSearchParams({ ...query })}`)
  expect(await (await answer({ question: questions.languages })).text()).toBe(
    server.answerFor(questions.languages),
  )
  expect(await (await answer({ question: 'a b', model: 'sluice-echo' })).text()).toBe('a b')
  expect((await answer({})).status).toBe(400)
  expect((await answer({ question: 'a', model: 'gpt-0' })).status).toBe(404)
})

test('scripts are sent', async () => {
  const script = (body: object) =>
    inspect('/_scripts', {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    })
  const response = await script({ text: 'scripted', pace: { ttftMs: 1 } })
  expect(response.status).toBe(204)
  const completion = await clientOf(server).chat.completions.create(chat('x'))
  expect(completion.choices[0]?.message.content).toBe('scripted')
  expect((await script({ fault: 'nope' })).status).toBe(400)
  expect((await script({ surprise: 1 })).status).toBe(400)
})
