import { StreamingError } from '@sluice/core'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import Fastify, { type FastifyInstance, type FastifyPluginAsync, type LightMyRequestResponse } from 'fastify'
import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { agUi } from '../src/ag-ui/index.ts'
import { aiSdk } from '../src/ai-sdk/index.ts'
import { openAi } from '../src/openai/index.ts'

let app: FastifyInstance
let starts = 0
afterEach(() => app.close())

const chat = defineStream({
  input: z.object({}),
  async *run() {
    starts += 1
    yield 'Hello.'
  },
})

/** The three plugins below a prefix, each with the same definition. */
async function serve(
  prefix: string,
  before?: (app: FastifyInstance) => void,
  options: { readonly bodyLimit?: number } = {},
): Promise<void> {
  const hub = createHub({ streams: { chat }, log: memoryLog() })
  app = Fastify()
  starts = 0
  before?.(app)
  const owner = () => 'ann'
  const input = () => ({})
  await app.register(aiSdk, { hub, owner, prefix: `${prefix}/chat`, stream: 'chat', input, ...options })
  await app.register(openAi, {
    ...options,
    hub,
    owner,
    prefix: `${prefix}/v1`,
    models: { bot: { stream: 'chat', input } },
  })
  await app.register(agUi, {
    hub,
    owner,
    prefix: `${prefix}/ag-ui`,
    url: '/agent',
    stream: 'chat',
    input,
    ...options,
  })
}

const user = { id: 'u1', role: 'user', content: 'Hi', parts: [{ type: 'text', text: 'Hi' }] }
const runId = 'run-0123456789-0123456789-0123456789'

interface Wire {
  readonly name: string
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
  /** What the body of an error of this wire looks like. */
  readonly form: RegExp
}

const WIRES: readonly Wire[] = [
  { name: 'ai-sdk', path: '/chat', body: { id: 'c1', messages: [user] }, form: /^[^{"]/ },
  {
    name: 'chat completions',
    path: '/v1/chat/completions',
    body: { model: 'bot', messages: [{ role: 'user', content: 'Hi' }], stream: true },
    form: /^\{"error":\{"message":/,
  },
  {
    name: 'responses',
    path: '/v1/responses',
    body: { model: 'bot', input: 'Hi', stream: true },
    form: /^\{"error":\{"message":/,
  },
  {
    name: 'ag-ui',
    path: '/ag-ui/agent',
    body: { threadId: 'c1', runId, messages: [user] },
    form: /^\{"type":"RUN_ERROR","message":/,
  },
]

function post(url: string, payload: object): Promise<LightMyRequestResponse> {
  return app.inject({ method: 'POST', url, payload })
}

describe.each(WIRES)('$name', ({ path, body, form }) => {
  test.each(['1', 'v1', 'responses', 'chat', 'a%2Fb'])(
    'below a prefix with the tenant %s, an answer is found by its Location, and not by that of another tenant',
    async (tenant) => {
      await serve('/t/:tenant')
      const { headers, statusCode } = await post(`/t/${tenant}${path}`, body)
      const location = String(headers.location)
      expect([statusCode, location]).toEqual([200, expect.stringMatching(`^/t/${tenant}${path}/[\\w-]+`)])
      const at = (url: string, method: 'GET' | 'DELETE' = 'GET') => app.inject({ url, method })
      expect((await at(location)).statusCode).toBe(200)
      const theirs = location.replace(`/t/${tenant}/`, '/t/2/')
      expect((await at(theirs)).statusCode).toBe(404)
      expect((await at(theirs, 'DELETE')).statusCode).toBe(404)
    },
  )

  test.each([
    ['GET', '/nothing/here/at/all'],
    ['PUT', ''],
    ['PATCH', '/x'],
  ] as const)('answers %s %s in its own form', async (method, rest) => {
    await serve('/t/:tenant')
    const answer = await app.inject({ method, url: `/t/1${path}${rest}?a=b` })
    expect([answer.statusCode, answer.body]).toEqual([404, expect.stringMatching(form)])
    expect(answer.body).not.toMatch(/statusCode|error_type|FST_ERR|a=b/)
  })

  test('refuses a body with more levels than a stack can take', async () => {
    await serve('')
    const deep = '['.repeat(100_000) + ']'.repeat(100_000)
    const part = `{"type":"data-x","data":${deep}}`
    const [last, rest] = [JSON.stringify({ ...user, parts: 0 }), JSON.stringify(body)]
    const messages = `[${last.replace('"parts":0', `"parts":[${part}]`)}]`
    const payload = `${rest.slice(0, -1)},"messages":${messages},"input":${deep}}`
    const headers = { 'content-type': 'application/json' }
    const answer = await app.inject({ method: 'POST', url: path, payload, headers })
    expect([answer.statusCode, answer.body]).toEqual([400, expect.stringMatching(form)])
    expect(answer.body).toMatch(/more than 256 levels deep/)
    expect(starts).toBe(0)
  })

  test('exposes the header fields that its clients read beside those of a CORS plugin', async () => {
    await serve('', (app) => {
      app.addHook('onRequest', async (_request, reply) => {
        reply.header('access-control-expose-headers', 'X-Mine')
      })
    })
    const { headers } = await post(path, body)
    expect(headers['access-control-expose-headers']).toMatch(
      /^X-Mine, (.*, )?Stream-Id, Location, Retry-After$/,
    )
  })
})

test('a refusal tells a page on another origin, too, when to ask again', async () => {
  await serve('', (app) => {
    app.addHook('onRequest', async () => {
      throw new StreamingError('rate_limit', undefined, { retryAfterMs: 1_500 })
    })
  })
  for (const { path, body } of WIRES) {
    const { statusCode, headers } = await post(path, body)
    expect([statusCode, headers['retry-after']]).toEqual([429, '2'])
    expect(headers['access-control-expose-headers']).toMatch(/Retry-After$/)
  }
})

test.each([
  ['ai-sdk', aiSdk, { prefix: '/t/:id', stream: 'chat' }, 'prefix has a parameter `id`'],
  [
    'openai',
    openAi,
    { prefix: '/t/:id/v1', models: { bot: { stream: 'chat', input: () => ({}) } } },
    'prefix has a parameter `id`',
  ],
  ['ag-ui', agUi, { url: '/t/:streamId/agent', stream: 'chat' }, 'url has a parameter `streamId`'],
])(
  '%s refuses a parameter that its own routes have: it would bind no stream',
  async (_, plugin, options, error) => {
    app = Fastify()
    const hub = createHub({ streams: { chat }, log: memoryLog() })
    const given = { hub, owner: () => 'ann', input: () => ({}), ...options }
    await expect(app.register(plugin as FastifyPluginAsync<object>, given).ready()).rejects.toThrow(error)
  },
)

test('an AG-UI run has the id that its client gave it, below a prefix with parameters too', async () => {
  await serve('/t/:tenant')
  const { body } = await post('/t/1/ag-ui/agent', { threadId: 'c1', runId, messages: [user] })
  expect(body).toContain(`"type":"RUN_STARTED","threadId":"c1","runId":"${runId}"`)
})

test('an answer of the AI SDK continues the message of the client, below a prefix with parameters too', async () => {
  await serve('/t/:tenant')
  const call = { type: 'tool-search', toolCallId: 'c', state: 'output-available', input: {}, output: 1 }
  const messages = [user, { id: 'a1', role: 'assistant', parts: [call] }]
  const { body } = await post('/t/1/chat', { id: 'c1', messages })
  expect(body).toContain('data: {"type":"start","messageMetadata":')
})

test('a place that a client counted to is named as the client names it', async () => {
  await serve('')
  const { headers } = await post('/chat', { id: 'c1', messages: [user] })
  const { statusCode, body } = await app.inject(`${headers.location}/stream?startIndex=999`)
  expect([statusCode, body]).toEqual([410, expect.stringMatching(/^startIndex: /)])
})

describe.each(WIRES)('the body of a request of $name', ({ path, body, form }) => {
  const large = { ...body, metadata: { text: 'x'.repeat(1_500_000) } }

  test('may be as large as the server allows', async () => {
    await serve('')
    const refused = await app.inject({ method: 'POST', url: path, payload: large })
    expect(refused.statusCode).toBe(413)
    expect(refused.body).toMatch(form)
    expect(starts).toBe(0)
  })

  test('may be as large as the option says', async () => {
    await serve('', undefined, { bodyLimit: 2_000_000 })
    const taken = await app.inject({ method: 'POST', url: path, payload: large })
    expect(taken.statusCode).not.toBe(413)
  })
})
