import { once } from 'node:events'
import { createConnection } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import OpenAI, { APIError } from 'openai'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { chat, clientOf, contentOf, questions, readAll } from '../test/support.ts'
import { type ModelServer, startModelServer } from './index.ts'

let server: ModelServer
beforeEach(async () => {
  server = await startModelServer({ ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY })
})
afterEach(() => server.close())

test('models are listed and retrieved', async () => {
  const client = clientOf(server)
  const ids = (await client.models.list()).data.map(({ id }) => id)
  expect(ids).toContain('gpt-5-mini')
  expect(await client.models.retrieve('sluice-echo')).toMatchObject({
    id: 'sluice-echo',
    object: 'model',
    created: expect.any(Number),
    owned_by: 'sluice',
  })
  await expect(client.models.retrieve('gpt-0')).rejects.toBeInstanceOf(OpenAI.NotFoundError)
})

test('an answer of OpenAI’s models carries their dated name, which can be asked for too', async () => {
  const client = clientOf(server)
  const { model } = await client.chat.completions.create(chat('x', 'gpt-4o-mini'))
  expect(model).toBe('gpt-4o-mini-2024-07-18')
  expect((await client.chat.completions.create(chat('x', model))).model).toBe(model)
})

test('a reader that does not read holds the answer up, and gets all of it when it does', async () => {
  const body = JSON.stringify({ ...chat('x', 'sluice-long-60k'), stream: true })
  const socket = createConnection(server.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.pause()
  socket.write(
    'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer x\r\nconnection: close\r\n' +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
  const request = await server.waitFor(({ tokens }) => tokens > 0)
  let before: number
  do {
    before = request.tokens
    for (let turn = 0; turn < 100; turn++) await setImmediate()
  } while (request.tokens > before)
  expect(request.tokens).toBeLessThan(60_000)
  expect(request.outcome).toBe('running')

  socket.resume()
  expect(await request.ended).toBe('completed')
  expect(request.tokens).toBe(60_000)
  socket.destroy()
})

test('many answers at once are each whole', async () => {
  const client = clientOf(server)
  const all = Object.values(questions)
  const answers = await Promise.all(
    Array.from({ length: 48 }, async (_, index) => {
      const question = all[index % all.length]!
      const stream = client.chat.completions.create({ ...chat(question), stream: true })
      return contentOf((await readAll(stream)).items) === server.answerFor(question)
    }),
  )
  expect(answers).toEqual(Array.from({ length: 48 }, () => true))
})

test('the header sets the pace of one request', async () => {
  const headers = { 'x-model-ttft-ms': '30', 'x-model-tokens-per-second': '100', 'x-model-jitter': '0' }
  await clientOf(server)
    .chat.completions.create({ ...chat('x'), max_tokens: 5, stream: true }, { headers })
    .then((stream) => readAll(Promise.resolve(stream)))
  const [request] = server.requests
  expect(request!.firstTokenAt! - request!.startedAt).toBeGreaterThanOrEqual(29)
  // Late timers are caught up with, so only the whole has a lower bound: 30 ms and four gaps of 10 ms.
  expect(request!.finishedAt! - request!.startedAt).toBeGreaterThanOrEqual(69)
})

describe('closing', () => {
  test('ends live responses, rejects those who wait, and may be asked for twice', async () => {
    const open = [
      clientOf(server).chat.completions.create(chat('x'), { headers: { 'x-model-fault': 'stall-headers' } }),
      clientOf(server).chat.completions.create(chat('x'), { headers: { 'x-model-ttft-ms': '60000' } }),
    ].map((request) => request.catch((error: unknown) => error))
    await server.nextRequest()
    await server.nextRequest()
    const waiting = server.nextRequest().catch((error: unknown) => error)
    const watching = server.waitFor(() => false).catch((error: unknown) => error)
    await Promise.all([server.close(), server.close()])
    expect(await Promise.all(server.requests.map(({ ended }) => ended))).toEqual([
      'server_closed',
      'server_closed',
    ])
    for (const error of await Promise.all([...open, waiting, watching])) expect(error).toBeInstanceOf(Error)
    await expect(server.nextRequest()).rejects.toThrow('closed')
    await expect(fetch(server.url)).rejects.toThrow()
  })

  test('the port is taken while it is open', async () => {
    await expect(startModelServer({ port: server.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await server.close()
    const again = await startModelServer({ port: server.port })
    expect(again.port).toBe(server.port)
    await again.close()
  })
})

test('an option that makes no sense is refused', async () => {
  await expect(startModelServer({ jitter: 2 })).rejects.toThrow(RangeError)
})

test('the client’s timeout is a hang-up', async () => {
  const client = clientOf(server, { timeout: 30 })
  const error = await client.chat.completions
    .create(chat('x'), { headers: { 'x-model-fault': 'stall-headers' } })
    .catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(APIError)
  expect(await server.requests[0]?.ended).toBe('client_hung_up')
})
