import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aborted, ChatServer, type Script } from '../support/chat-server.ts'

let server: ChatServer
let goOn: () => void
let gate: Promise<void>

/** Says a word, waits for the test, and says another. */
const inTwoParts: Script = async function* (_question, signal) {
  yield 'first '
  await Promise.race([gate, aborted(signal)])
  yield 'last'
}

beforeEach(async () => {
  gate = new Promise((resolve) => {
    goOn = resolve
  })
  server = await ChatServer.listen(inTwoParts)
})
afterEach(() => {
  goOn()
  return server.close()
})

const message = (text: string, id = 'm1') => ({ id, role: 'user', parts: [{ type: 'text', text }] })

interface Sent {
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

function post({
  body = { id: 'chat1', messages: [message('Hi')] },
  headers = {},
}: Sent = {}): Promise<Response> {
  return fetch(server.api, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

const get = (path: string, headers: Record<string, string> = {}) => fetch(`${server.api}${path}`, { headers })
const del = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${server.api}${path}`, { method: 'DELETE', headers })

/** The data of an event stream's messages. */
async function chunksOf(response: Response): Promise<unknown[]> {
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data: '))
  return lines.map((line) => (line === 'data: [DONE]' ? '[DONE]' : JSON.parse(line.slice(6))))
}

const types = (chunks: readonly unknown[]) =>
  chunks.map((chunk) => (chunk as { type?: string }).type ?? chunk)

const idOf = (response: Response) => response.headers.get('x-workflow-run-id')!

describe('a POST', () => {
  test('starts an answer, and says where it is', async () => {
    const response = await post()
    goOn()
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'x-vercel-ai-ui-message-stream': 'v1',
      location: `/api/chat/${idOf(response)}`,
      'access-control-expose-headers': expect.stringMatching(
        /Location.*x-workflow-run-id|x-workflow-run-id.*Location/,
      ),
    })
    expect(types(await chunksOf(response))).toEqual([
      ...['start', 'start-step', 'text-start', 'text-delta', 'text-delta', 'text-end'],
      ...['finish-step', 'finish', '[DONE]'],
    ])
  })

  test('of JSON that is called text starts one too', async () => {
    const response = await post({ headers: { 'content-type': 'text/plain;charset=UTF-8' } })
    goOn()
    expect(types(await chunksOf(response))).toContain('finish')
  })

  test('that comes again finds the answer of the first, also if it has no key', async () => {
    const [first, second] = [await post(), await post()]
    goOn()
    expect(idOf(second)).toBe(idOf(first))
    expect(await chunksOf(second)).toEqual(await chunksOf(first))
    const key = { 'idempotency-key': 'k'.repeat(22) }
    const [third, fourth] = [await post({ headers: key }), await post({ headers: key })]
    expect(idOf(fourth)).toBe(idOf(third))
    expect(idOf(third)).not.toBe(idOf(first))
    expect(server.questions).toEqual(['Hi', 'Hi'])
  })

  test('that comes again after its answer was stopped, to regenerate, or with an edited message, is another one', async () => {
    const first = await post()
    await del(`/${idOf(first)}`)
    await first.text()
    const again = await post()
    expect(idOf(again)).not.toBe(idOf(first))
    const regenerate = { id: 'chat1', messages: [message('Hi')], trigger: 'regenerate-message' }
    const edited = { id: 'chat1', messages: [message('Hi')], messageId: 'm1' }
    const ids = [again]
    for (const body of [regenerate, regenerate, edited, edited]) ids.push(await post({ body }))
    expect(new Set(ids.map(idOf)).size).toBe(5)
  })

  test('of one visitor does not find the answer of another', async () => {
    const [first, second] = [await post(), await post({ headers: { 'x-user': 'bob' } })]
    expect(idOf(second)).not.toBe(idOf(first))
  })

  test('with a cursor resumes, and starts nothing', async () => {
    const key = { 'idempotency-key': 'k'.repeat(22) }
    const first = await post({ headers: key })
    goOn()
    const whole = await first.text()
    const [, id] = /^id: (.*)$/m.exec(whole)!
    const rest = await post({ headers: { ...key, 'last-event-id': id! } })
    expect(types(await chunksOf(rest))[0]).toBe('start-step')
    const unknown = await post({ headers: { 'idempotency-key': 'u'.repeat(22), 'last-event-id': id! } })
    expect([unknown.status, server.questions.length]).toEqual([410, 1])
  })
})

describe('the answer of a chat', () => {
  test('is sent from its beginning while it runs, and 204 says that none does', async () => {
    expect((await get('/chat1/stream')).status).toBe(204)
    const first = await post()
    const second = await get('/chat1/stream')
    expect(idOf(second)).toBe(idOf(first))
    expect(second.headers.get('location')).toBe(first.headers.get('location'))
    goOn()
    expect(await chunksOf(second)).toEqual(await chunksOf(first))
    expect((await get('/chat1/stream')).status).toBe(204)
  })

  test('of somebody else is a chat without an answer, and a stream of somebody else is none', async () => {
    const first = await post()
    const bob = { 'x-user': 'bob' }
    expect((await get('/chat1/stream', bob)).status).toBe(204)
    expect((await get(`/${idOf(first)}/stream`, bob)).status).toBe(204)
    expect((await get(`/${idOf(first)}`, bob)).status).toBe(404)
    expect((await del(`/${idOf(first)}`, bob)).status).toBe(404)
    expect((await del('/chat1/stream', bob)).status).toBe(204)
    expect(server.stopped).toEqual([])
  })
})

describe('a client that counts chunks', () => {
  test('gets the rest, also of an answer that has ended', async () => {
    const first = await post()
    goOn()
    const all = await chunksOf(first)
    for (const startIndex of [0, 1, 4, all.length - 2]) {
      const rest = await get(`/${idOf(first)}/stream?startIndex=${startIndex}`)
      expect(await chunksOf(rest)).toEqual(all.slice(startIndex))
    }
  })

  test('may count from the end, and is told what that came to', async () => {
    const first = await post()
    goOn()
    const all = await chunksOf(first)
    const rest = await get(`/${idOf(first)}/stream?startIndex=-3`)
    expect(rest.headers.get('x-workflow-stream-tail-index')).toBe(String(all.length - 2))
    expect(await chunksOf(rest)).toEqual(all.slice(-4))
  })

  test('that asks for a chat in which nothing runs gets a message that has finished, and is empty', async () => {
    expect(await chunksOf(await get('/chat1/stream?startIndex=0'))).toEqual([{ type: 'finish' }, '[DONE]'])
  })

  test('finds what runs in its chat', async () => {
    const first = await post()
    const second = await get('/chat1/stream?startIndex=0')
    goOn()
    expect(await chunksOf(second)).toEqual(await chunksOf(first))
  })
})

describe('Stop', () => {
  test.each([
    ['the stream', (id: string) => del(`/${id}`)],
    ['what runs in the chat', () => del('/chat1/stream')],
  ])('of %s reaches the provider, and the message is whole', async (_, stop) => {
    const response = await post()
    expect((await stop(idOf(response))).status).toBe(204)
    expect(types(await chunksOf(response)).slice(-3)).toEqual(['abort', 'finish', '[DONE]'])
    expect(server.stopped).toEqual(['Hi'])
  })

  test.each([['user'], ['assistant']])(
    'of a start that comes later refuses it (last message: %s)',
    async (role) => {
      const headers = { 'idempotency-key': 'k'.repeat(22) }
      expect((await del('', headers)).status).toBe(204)
      const body = { id: 'chat1', messages: [message('Hi'), { ...message('Hi', 'm2'), role }] }
      expect((await post({ body, headers })).status).toBe(409)
      expect(server.questions).toEqual([])
    },
  )
})

describe('a bad request', () => {
  const tool = { type: 'tool-search', state: 'output-available', input: {}, output: 1 }

  test.each<[string, Sent, number, RegExp]>([
    ['no JSON', { body: '{' }, 400, /JSON/],
    ['no messages', { body: { id: 'chat1' } }, 400, /^messages: /],
    ['a wrong type', { body: { messages: [{ role: 'user', parts: 'Hi' }] } }, 400, /^messages\[0\]\.parts: /],
    [
      'a result for no call',
      { body: { messages: [{ role: 'assistant', parts: [tool] }] } },
      400,
      /^messages\[0\]\.parts\[0\]\.toolCallId: /,
    ],
    [
      'another type of body',
      { headers: { 'content-type': 'application/xml' } },
      415,
      /Unsupported Media Type/,
    ],
    ['a short key', { headers: { 'idempotency-key': 'k' } }, 400, /^Idempotency-Key: /],
    ['an origin of another site', { headers: { origin: 'https://evil.example' } }, 403, /./],
    ['a cursor without a start', { headers: { 'last-event-id': '1.0.0' } }, 410, /Last-Event-ID/],
  ])('(%s) is answered with a sentence, and starts nothing', async (_, sent, status, sentence) => {
    const response = await post(sent)
    const text = await response.text()
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/)
    expect([response.status, text]).toEqual([status, expect.stringMatching(sentence)])
    expect(text).not.toMatch(/error_type|^["{]/)
    expect(server.questions).toEqual([])
  })

  test.each([
    ['/AAAAAAAAAAAAAAAAAAAAAA', {}, 404],
    ['/chat1/stream?startIndex=x', {}, 400],
    ['/a%20chat/stream', {}, 400],
  ])('for %s is answered with a status', async (path, headers, status) => {
    expect((await get(path, headers)).status).toBe(status)
  })

  test.each([
    ['forged', 'nonsense', 400],
    ['beyond the end', '99.0.0', 410],
    ['of another place', '2.99.1', 400],
  ])('(a cursor that is %s) is refused', async (_, id, status) => {
    const first = await post()
    goOn()
    await first.text()
    const response = await get(`/${idOf(first)}`, { 'last-event-id': id })
    expect([response.status >= 400, response.status]).toEqual([
      true,
      expect.toSatisfy((s) => s === status || s === 410),
    ])
  })
})

test('a stream below one address is not found below another, if their prefix has parameters', async () => {
  await server.close()
  server = await ChatServer.listen(inTwoParts, { prefix: '/:tenant/chat' } as object)
  const base = server.api.replace('/api/chat', '')
  const body = JSON.stringify({ id: 'chat1', messages: [message('Hi')] })
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'k'.repeat(22) }
  const first = await fetch(`${base}/one/chat`, { method: 'POST', headers, body })
  expect(first.headers.get('location')).toBe(`/one/chat/${idOf(first)}`)
  const other = await fetch(`${base}/two/chat`, { method: 'POST', headers, body })
  expect(idOf(other)).not.toBe(idOf(first))
  expect((await fetch(`${base}/two/chat/${idOf(first)}`)).status).toBe(404)
  expect((await fetch(`${base}/two/chat/${idOf(first)}`, { method: 'DELETE' })).status).toBe(404)
  expect((await fetch(`${base}/one/chat/${idOf(first)}`, { method: 'DELETE' })).status).toBe(204)
  expect(types(await chunksOf(first))).toContain('abort')
})

test('a definition that the hub does not have is named when the routes are registered', async () => {
  await expect(ChatServer.listen(inTwoParts, { stream: 'caht' })).rejects.toThrow(
    /stream has to be one of.*chat/,
  )
})

test('a viewer that is cut does not stop the answer', async () => {
  const socket = connect(server.port, '127.0.0.1')
  const body = JSON.stringify({ id: 'chat1', messages: [message('Hi')] })
  socket.write(
    `POST /api/chat HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  await once(socket, 'data')
  socket.destroy()
  const response = await get('/chat1/stream')
  goOn()
  expect(types(await chunksOf(response))).toContain('finish')
  expect(server.questions).toEqual(['Hi'])
})
