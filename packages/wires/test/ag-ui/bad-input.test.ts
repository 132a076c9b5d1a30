import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import Fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { agUi } from '../../src/ag-ui/index.ts'
import { AgentServer } from './agent-server.ts'

let server: AgentServer
beforeAll(async () => {
  server = await AgentServer.listen()
})
afterAll(() => server.close())

const user = { id: 'u1', role: 'user', content: '3' }
const SOUND = { type: 'data', value: 'AAAA' }
const run = {
  threadId: 'thread-1',
  runId: 'run-of-27-characters-or-so-1',
  messages: [user],
  tools: [],
  context: [],
}

async function post(body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(server.url, {
    ...{ method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) },
    headers: { 'content-type': 'application/json', ...headers },
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json')
  return {
    status: response.status,
    text,
    headers: response.headers,
    body: isJson ? JSON.parse(text) : undefined,
  }
}

describe('what is wrong is named, in the form of AG-UI, and starts nothing', () => {
  const wrong: [title: string, body: unknown, message: RegExp][] = [
    ['no JSON', '{', /JSON/],
    ['no object', [], /^the body: has to be an object\.$/],
    ['no thread', { ...run, threadId: undefined }, /^threadId: has to be 1 to 128 printable/],
    ['a thread with a space', { ...run, threadId: 'a b' }, /^threadId: /],
    ['no run', { ...run, runId: null }, /^runId: has to be a text/],
    ['a run of half a character', { ...run, runId: '\ud800' }, /^runId: .*surrogate/],
    ['a run id that fits no key', { ...run, runId: 'x'.repeat(250) }, /^runId: is too long/],
    ['no messages', { ...run, messages: undefined }, /^messages: has to be a list\.$/],
    [
      'a message without an id',
      { ...run, messages: [{ role: 'user', content: '' }] },
      /^messages\[0\]\.id: has to be a text\.$/,
    ],
    [
      'an unknown role',
      { ...run, messages: [{ ...user, role: 'robot' }] },
      /^messages\[0\]\.role: has to be /,
    ],
    [
      'content of the wrong type',
      { ...run, messages: [{ ...user, content: 7 }] },
      /^messages\[0\]\.content: has to be a text or a list/,
    ],
    [
      'a part of an unknown type',
      { ...run, messages: [{ ...user, content: [{ type: 'smell' }] }] },
      /^messages\[0\]\.content\[0\]\.type: has to be /,
    ],
    [
      'a picture without a source',
      { ...run, messages: [{ ...user, content: [{ type: 'image' }] }] },
      /^messages\[0\]\.content\[0\]\.source: has to be an object\.$/,
    ],
    [
      'a sound of no type',
      { ...run, messages: [{ ...user, content: [{ type: 'audio', source: { ...SOUND, mimeType: 7 } }] }] },
      /^messages\[0\]\.content\[0\]\.source\.mimeType: has to be a text\.$/,
    ],
    [
      'a picture from nowhere',
      { ...run, messages: [{ ...user, content: [{ type: 'image', source: { ...SOUND, type: 'x' } }] }] },
      /^messages\[0\]\.content\[0\]\.source\.type: has to be 'data'/,
    ],
    [
      'a call without arguments',
      {
        ...run,
        messages: [{ id: 'a', role: 'assistant', toolCalls: [{ id: 'c', function: { name: 'f' } }] }],
      },
      /^messages\[0\]\.toolCalls\[0\]\.function\.arguments: has to be a text\.$/,
    ],
    [
      'a result for no call',
      { ...run, messages: [user, { id: 't', role: 'tool', toolCallId: 'c1', content: '' }] },
      /^messages\[1\]\.toolCallId: has to be the id of a call/,
    ],
    [
      'a tool without a name',
      { ...run, tools: [{ description: '' }] },
      /^tools\[0\]\.name: has to be a text\.$/,
    ],
    [
      'an answer to no interrupt',
      { ...run, resume: [{ interruptId: 'i', status: 'maybe' }] },
      /^resume\[0\]\.status: has to be /,
    ],
    ['an input that the schema refuses', { ...run, messages: [{ ...user, content: 'seven' }] }, /seed/],
  ]
  test.each(wrong)('%s', async (_, body, message) => {
    const answer = await post(body)
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({
      type: 'RUN_ERROR',
      code: 'invalid_request',
      message: expect.stringMatching(message),
    })
    expect(server.runs).toEqual([])
  })

  test('another type of body, another origin', async () => {
    expect(await post(run, { 'content-type': 'text/plain' })).toMatchObject({
      status: 415,
      body: { type: 'RUN_ERROR' },
    })
    expect(await post(run, { origin: 'https://evil.example' })).toMatchObject({
      status: 403,
      body: { type: 'RUN_ERROR' },
    })
    expect(server.runs).toEqual([])
  })

  test('null in a field that may be missing is as good as none', async () => {
    const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }
    const messages = [
      { id: 'a', role: 'assistant', content: null, toolCalls: [call], name: null },
      { id: 't', role: 'tool', toolCallId: 'c1', content: 'x', error: null },
      { ...user, content: [{ type: 'audio', source: { ...SOUND, mimeType: null } }] },
      user,
    ]
    const answer = await post({
      ...run,
      runId: 'with-nulls',
      messages,
      tools: null,
      context: null,
      resume: null,
      parentRunId: null,
    })
    expect(answer.status).toBe(200)
    expect(server.runs.splice(0)).toEqual([3])
  })
})

describe('a cursor', () => {
  const started = { ...run, runId: 'run-that-was-started-before' }
  const cursors: [title: string, cursor: string, status: number, code: string][] = [
    ['no cursor of this wire', 'abc', 400, 'invalid_request'],
    ['numbers that no place has', '3.0.7', 400, 'invalid_request'],
    ['beyond the end', '99999.0.0', 410, 'resume_expired'],
  ]
  test.each(cursors)('%s', async (_, cursor, status, code) => {
    await post(started)
    const again = await post(started, { 'last-event-id': cursor })
    expect(again).toMatchObject({ status, body: { type: 'RUN_ERROR', code } })
    expect(server.runs.filter((seed) => seed === 3).length).toBe(1)
  })

  test('of a run that is not known starts none', async () => {
    const before = server.runs.length
    const answer = await post({ ...run, runId: 'a-run-that-nobody-started' }, { 'last-event-id': '3.0.2' })
    expect(answer).toMatchObject({ status: 410, body: { type: 'RUN_ERROR', code: 'resume_expired' } })
    expect(server.runs.length).toBe(before)
  })

  test('and the same request, without calling `input` again, lead to what is left', async () => {
    const { text } = await post(started)
    const [, second] = [...text.matchAll(/^id: (.*)$/gm)]
    const again = await post(started, { 'last-event-id': second![1]!, 'x-run-id': started.runId })
    expect(text.endsWith(again.text.replace(/^retry: .*\n/, ''))).toBe(true)
  })
})

describe('what is somebody else’s', () => {
  const theirs = { ...run, runId: 'a-run-of-ann-and-no-one-else' }
  const other = { 'x-user': 'bob' }

  test('looks as if it did not exist', async () => {
    const location = (await post(theirs)).headers.get('location')!
    const url = new URL(location, server.url).href
    const answers = await Promise.all([
      fetch(url, { headers: other }),
      fetch(url, { method: 'DELETE', headers: other }),
      fetch(`${server.url}?runId=${theirs.runId}&offset=-1`, { headers: other }),
      post(theirs, { ...other, 'last-event-id': '2.0.0' }),
    ])
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 410])
    expect((await fetch(`${server.url}?threadId=thread-1`, { headers: other })).status).toBe(204)
    expect((await fetch(url)).status).toBe(200)
  })

  test('has ids of its own: the same run and thread of another owner are another run', async () => {
    const before = server.runs.length
    expect((await post(theirs, other)).status).toBe(200)
    expect(server.runs.length).toBe(before + 1)
  })

  test('is another run’s input or thread under the same run id', async () => {
    const changed = [
      { ...theirs, messages: [{ ...user, content: '5' }] },
      { ...theirs, threadId: 'thread-2' },
    ]
    for (const body of changed) {
      expect(await post(body)).toMatchObject({ status: 422, body: { type: 'RUN_ERROR', code: 'conflict' } })
    }
  })

  test('is also what was started under another tenant of the URL', async () => {
    const tenants = await AgentServer.listen({ url: '/tenants/:tenant/agent' })
    try {
      const url = (tenant: number) => `http://127.0.0.1:${tenants.port}/tenants/${tenant}/agent`
      const headers = { 'content-type': 'application/json' }
      const started = await fetch(url(1), { method: 'POST', body: JSON.stringify(theirs), headers })
      await started.text()
      const location = started.headers.get('location')!
      expect(location).toMatch(/^\/tenants\/1\/agent\/[\w-]{22}$/)
      const at = (path: string) => fetch(`http://127.0.0.1:${tenants.port}${path}`)
      expect((await at(location)).status).toBe(200)
      expect((await at(location.replace('/1/', '/2/'))).status).toBe(404)
      expect((await fetch(`${url(1)}?runId=${theirs.runId}`)).status).toBe(200)
      expect((await fetch(`${url(2)}?runId=${theirs.runId}`)).status).toBe(404)
    } finally {
      await tenants.close()
    }
  })

  test('is not found by a run id that can be guessed, if nobody has a name', async () => {
    const anonymous = await AgentServer.listen({ owner: false })
    try {
      const body = JSON.stringify({ ...run, runId: 'run-1764580000000-abc123' })
      const headers = { 'content-type': 'application/json' }
      await (await fetch(anonymous.url, { method: 'POST', body, headers })).text()
      const url = `${anonymous.url}?runId=run-1764580000000-abc123`
      expect((await fetch(url)).status).toBe(404)
      expect((await fetch(url, { method: 'DELETE' })).status).toBe(404)
    } finally {
      await anonymous.close()
    }
  })
})

test('a mistake in the options is named when the plugin is registered', async () => {
  const chat = defineStream({
    input: { '~standard': { version: 1, vendor: 'x', validate: (value) => ({ value }) } },
    async *run() {},
  })
  const restarts = { ...chat, retry: { afterFirstChunk: 'restart' as const } }
  const hub = createHub({ streams: { chat, restarts }, log: memoryLog() })
  const good = { hub, owner: false as const, url: '/agent', stream: 'chat', input: () => ({}) }
  const register = (options: object) =>
    Fastify()
      .register(agUi, { ...good, ...options })
      .ready()
  await expect(register({ url: 'agent' })).rejects.toThrow(/url has to begin with a '\/'/)
  await expect(register({ stream: 'chatt' })).rejects.toThrow(
    /stream has to be one of the hub's: chat, restarts/,
  )
  await expect(register({ input: 1 })).rejects.toThrow(/input has to be a function/)
  await expect(register({ history: 1 })).rejects.toThrow(/history has to be a function/)
  await expect(register({ stream: 'restarts' })).rejects.toThrow(/afterFirstChunk: 'restart'/)
  await hub.close()
})
