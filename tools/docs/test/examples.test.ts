import type { AddressInfo } from 'node:net'
import { type ModelServer, startModelServer } from '@sluice/model-server'
import { EventSource } from 'eventsource'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

// The documents show regions of the files in `examples`. Here each of these files runs as a whole.

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

let model: ModelServer

beforeAll(async () => {
  model = await startModelServer({ ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY })
  process.env.OPENAI_API_KEY = 'any'
  process.env.OPENAI_BASE_URL = model.baseURL
})

afterAll(() => model.close())

/** A page of this server, as far as the examples look at one. */
function stubPage(app: FastifyInstance): void {
  const { port } = app.server.address() as AddressInfo
  const origin = `http://localhost:${port}`
  vi.stubGlobal('location', new URL(origin))
  vi.stubGlobal('document', { body: { textContent: '' } })
  vi.stubGlobal(
    'EventSource',
    class extends EventSource {
      constructor(url: string) {
        super(new URL(url, origin))
      }
    },
  )
}

test('a server and its page', async () => {
  const { app } = await import('../examples/server.ts')
  stubPage(app)
  const answer = model.answerFor('Where do I begin?')
  await import('../examples/page.ts')
  expect(document.body.textContent).toBe(answer)

  const started = await fetch(new URL('/streams/chat', location.href), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ question: 'Where do I begin?' }),
  })
  document.body.textContent = ''
  vi.stubGlobal('streamId', started.headers.get('stream-id'))
  const { source } = await import('../examples/event-source.ts')
  await expect.poll(() => document.body.textContent).toBe(answer)
  source.close()
  await app.close()
})

test('a stream without a transport', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  const { hub } = await import('../examples/core.ts')
  await expect.poll(() => log.mock.calls).toContainEqual(['completed', 'In Lyon it is warm.'])
  await hub.close()
})

test('a stream that is read on the server', async () => {
  const { answerOf } = await import('../examples/read.ts')
  const { createHub, defineStream, memoryLog } = await import('@sluice/core/server')
  const input = {
    '~standard': { version: 1, vendor: 'any', validate: (value: unknown) => ({ value }) },
  } as const
  const count = defineStream({
    input,
    run: async function* () {
      yield 'one '
      yield 'two'
    },
  })
  const hub = createHub({ streams: { count }, log: memoryLog() })
  const { record } = await hub.start({ stream: 'count', input: {}, owner: 'ann' })
  expect(await answerOf(hub, record.streamId, 'ann')).toBe('one two')
  await hub.close()
})

test('OpenAI’s API, and a client of it', async () => {
  const { app } = await import('../examples/openai-api.ts')
  const { port } = app.server.address() as AddressInfo
  vi.stubEnv('SUPPORT_URL', `http://localhost:${port}/v1`)
  const written: string[] = []
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text))
    return true
  })
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  await import('../examples/openai-client.ts')
  write.mockRestore()
  expect(written.join('')).toContain(model.answerFor('Where do I begin?'))
  expect(log).toHaveBeenCalledWith('completed')
  // After a request that was aborted, Node's `fetch` opens a connection that it may never use.
  app.server.closeAllConnections()
  await app.close()
})

test('a loop over tools', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  const { hub } = await import('../examples/agent.ts')
  const { Transcript } = await import('@sluice/core')
  const handle = await hub.start({ stream: 'agent', input: { question: 'Is it warm in Lyon?' } })
  const transcript = new Transcript()
  for await (const event of handle.read()) transcript.apply(event)
  expect(transcript.end).toMatchObject({ type: 'stream_complete', finish_reason: 'stop' })
  expect(transcript.toolCalls).toMatchObject([
    { index: 0, name: 'weather', result: { output: { celsius: 21 }, is_error: false } },
  ])
  expect(transcript.text).not.toBe('')
  await vi.waitFor(() => expect(log).toHaveBeenCalledWith(1, expect.any(Number)))
  await hub.close()
})

test('another model if the first is overloaded', async () => {
  const { hub, saved } = await import('../examples/fallback.ts')
  model.fail('503', { times: 1 })
  await hub.start({ stream: 'chat', input: { question: 'Where do I begin?' } })
  await expect.poll(() => saved).toEqual([model.answerFor('Where do I begin?')])
  expect(model.requests.slice(-2).map(({ body }) => (body as { model: string }).model)).toEqual([
    'gpt-5-mini',
    'gpt-5-nano',
  ])
  await hub.close()
})

test('an error of one’s own', async () => {
  const { hub } = await import('../examples/errors.ts')
  const start = (owner: string) => hub.start({ stream: 'chat', input: { question: 'Why?' }, owner })
  await start('ann')
  await start('bob')
  await expect.poll(() => hub.metrics().streams).toMatchObject({ completed: 1, failed: 1 })
  expect(hub.metrics().errors).toEqual({ quota_exceeded: 1 })
  await hub.close()
})

test('authentication, owners and shared streams', async () => {
  const { app, shared } = await import('../examples/authentication.ts')
  const as = (user: string) => ({ authorization: `Bearer ${user}` })
  const post = (headers: Record<string, string>) =>
    app.inject({ method: 'POST', url: '/streams/plan', headers, payload: {} })
  const anonymous = await post({})
  expect([anonymous.statusCode, anonymous.json()]).toEqual([
    401,
    expect.objectContaining({ error_type: 'authentication', message: 'Sign in first.' }),
  ])

  const mine = await post(as('ann'))
  expect(mine.body).toContain('"content":"free"')
  const url = String(mine.headers.location)
  const statusFor = async (method: 'GET' | 'DELETE') =>
    (await app.inject({ method, url, headers: as('bob') })).statusCode
  expect(await statusFor('GET')).toBe(404)
  shared.add(String(mine.headers['stream-id']))
  expect(await statusFor('GET')).toBe(200)
  expect(await statusFor('DELETE')).toBe(404)
  await app.close()
})

test('a page on another origin', async () => {
  const { app } = await import('../examples/cors.ts')
  const from = (origin: string, method: 'OPTIONS' | 'POST') => {
    const asked = {
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'idempotency-key',
    }
    const headers = { origin, ...(method === 'OPTIONS' ? asked : {}) }
    return app.inject({
      method,
      url: '/streams/greeting',
      headers,
      ...(method === 'POST' ? { payload: {} } : {}),
    })
  }
  const preflight = await from('https://app.example', 'OPTIONS')
  expect(preflight.statusCode).toBe(204)
  expect(preflight.headers['access-control-allow-headers']).toBe('idempotency-key')
  const answer = await from('https://app.example', 'POST')
  expect(answer.statusCode).toBe(200)
  expect(answer.headers['access-control-allow-origin']).toBe('https://app.example')
  expect((await from('https://elsewhere.example', 'POST')).statusCode).toBe(403)
  await app.close()
})

test('shutting down', async () => {
  const { app, lastWord, shutDown } = await import('../examples/shut-down.ts')
  const post = () =>
    app.inject({ method: 'POST', url: '/streams/speech', payload: {}, payloadAsStream: true })
  const { headers } = await post()
  const closed = shutDown()
  expect((await post()).statusCode).toBe(503)
  const resumed = app.inject(String(headers.location))
  lastWord.resolve('and ended.')
  expect((await resumed).body).toContain('and ended.')
  await closed
})

test('tests with inject', async () => {
  await import('../examples/inject.ts')
})

test('a route of one’s own', async () => {
  const { app } = await import('../examples/reply-stream.ts')
  const ownPage = { 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'empty' }
  const answer = await app.inject({ url: '/countdown', headers: ownPage })
  const text = [...answer.body.matchAll(/"content":"(.*?)"/g)].map(([, content]) => content).join('')
  expect(text).toBe('3 2 1 Go!')
  await app.close()
})
