import { afterEach, beforeEach, expect, test } from 'vitest'
import { chat, clientOf, readAll } from '../../test/support.ts'
import { type ModelServer, startModelServer } from '../index.ts'

let server: ModelServer
beforeEach(async () => {
  server = await startModelServer({ ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY })
})
afterEach(() => server.close())

const answer = async (content = 'x', model = 'gpt-5-mini') => {
  const completion = await clientOf(server).chat.completions.create(chat(content, model))
  return completion.choices[0]
}

test('is for the next request, or as many as it says; then the model is itself again', async () => {
  server.script({ text: 'a' }, { text: 'b', times: 2 })
  const said = []
  for (let request = 0; request < 4; request++)
    said.push((await answer('itself', 'sluice-echo'))?.message.content)
  expect(said).toEqual(['a', 'b', 'b', 'itself'])
})

test('is left for the request that it is for', async () => {
  server.script({ text: 'for the second', when: ({ body }) => JSON.stringify(body).includes('second') })
  expect((await answer('first', 'sluice-echo'))?.message.content).toBe('first')
  expect((await answer('second', 'sluice-echo'))?.message.content).toBe('for the second')
})

test('may say anything', async () => {
  const call = { name: 'find', arguments: '{"q":1}' }
  server.script(
    { reasoning: 'hm', text: 'well', finish: 'content_filter' },
    { refusal: 'no' },
    { text: 'wait', toolCalls: [call] },
  )
  expect(await answer()).toMatchObject({
    message: { content: 'well', reasoning_content: 'hm' },
    finish_reason: 'content_filter',
  })
  expect(await answer()).toMatchObject({ message: { content: null, refusal: 'no' }, finish_reason: 'stop' })
  expect(await answer()).toMatchObject({
    message: { content: 'wait', tool_calls: [{ function: call }] },
    finish_reason: 'tool_calls',
  })
})

test('fail lets the next requests fail, also those that come by a fault model', async () => {
  server.fail('503', { retryAfterMs: 1, times: 2 })
  const client = clientOf(server, { maxRetries: 3 })
  const completion = await client.chat.completions.create(
    chat('x', 'sluice-fault-500;times=1;retry-after-ms=1'),
  )
  expect(completion.choices[0]?.message.content).toBe(server.answerFor('x'))
  expect(server.requests.map(({ status }) => status)).toEqual([503, 503, 500, 200])
})

test('sets the pace', async () => {
  server.script({ pace: { ttftMs: 60_000 } })
  const answer = readAll(clientOf(server).chat.completions.create({ ...chat('x'), stream: true }))
  const request = await server.waitFor(({ status }) => status === 200)
  expect(request.tokens).toBe(0)
  await server.close()
  expect((await answer).error).toBeInstanceOf(Error)
})

test('is forgotten by reset', async () => {
  server.script({ text: 'a' })
  server.reset()
  expect((await answer('b', 'sluice-echo'))?.message.content).toBe('b')
})
