import { expect, test } from 'vitest'
import WebSocket from 'ws'
import type { Conversation, Share } from '../../src/shared/api.ts'
import { STEADY, startServer } from './support/server.ts'
import { createId, eventsOf, readEvents, textOf, until, Visitor } from './support/visitor.ts'

const QUESTION = 'Explain Dijkstra'

/** The parts of an answer that must be the same for all refusals. */
async function seen(response: Response): Promise<unknown> {
  return { status: response.status, body: await response.text() }
}

test('the cookie is signed, for HTTP alone, and for this site alone', async () => {
  const { url } = await startServer()
  const response = await fetch(`${url}/api/me`)
  const [cookie = ''] = response.headers.getSetCookie()
  expect(cookie).toMatch(/^sluice_visitor=[\w-]{22}\./)
  expect(cookie).toContain('HttpOnly')
  expect(cookie).toContain('SameSite=Lax')
  expect(cookie).not.toContain('Secure')
  expect(await response.json()).toMatchObject({ visitor: expect.stringMatching(/^[\da-f]{6}$/) })
})

test('behind a proxy that ends TLS it is Secure', async () => {
  const { url } = await startServer({ trustProxy: 1 })
  const response = await fetch(`${url}/api/me`, { headers: { 'x-forwarded-proto': 'https' } })
  expect(response.headers.getSetCookie()[0]).toContain('Secure')
})

test('who has no cookie, or a forged one, is told to load the page', async () => {
  const { url } = await startServer()
  const ann = await Visitor.arrive(url)
  const [name, value = ''] = ann.cookie.split('=')
  const forged = `${name}=${createId()}${decodeURIComponent(value).slice(22)}`
  for (const headers of [{}, { cookie: forged }]) {
    const list = await fetch(`${url}/api/conversations`, { headers })
    expect(list.status).toBe(401)
    expect(await list.json()).toMatchObject({ error_type: 'authentication' })
    expect((await fetch(`${url}/streams/chat/${createId()}`, { headers })).status).toBe(401)
  }
})

test('somebody else can neither read, change, share nor answer in a conversation, and cannot tell it from none', async () => {
  const { url } = await startServer()
  const ann = await Visitor.arrive(url)
  const bob = await Visitor.arrive(url)
  const hers = await ann.begin(QUESTION)
  const nobodys = { conversationId: createId(), turnId: createId() }
  const tries = (conversationId: string, turnId: string): [string, string, unknown?][] => [
    ['GET', `/api/conversations/${conversationId}`],
    ['PATCH', `/api/conversations/${conversationId}`, { title: 'Mine' }],
    ['DELETE', `/api/conversations/${conversationId}`],
    ['PUT', `/api/conversations/${conversationId}/turns/${turnId}`, { question: 'x', parentId: turnId }],
    ['POST', `/api/conversations/${conversationId}/share`],
    ['DELETE', `/api/conversations/${conversationId}/share`],
  ]
  const foreign = tries(hers.conversationId, hers.turnId)
  const unknown = tries(nobodys.conversationId, nobodys.turnId)
  for (const [index, [method, path, body]] of foreign.entries()) {
    const [, unknownPath, unknownBody] = unknown[index]!
    const answer = await seen(await bob.request(method, path, body))
    expect(answer).toMatchObject({ status: 404 })
    expect(answer).toEqual(await seen(await bob.request(method, unknownPath, unknownBody)))
  }
  const [foreignStart, unknownStart] = await Promise.all([
    bob.answer({ ...hers, answerId: createId() }),
    bob.answer({ ...nobodys, answerId: createId() }),
  ])
  const { at: _, chunk_id: __, ...error } = foreignStart.at(-1)!
  expect(unknownStart.at(-1)).toMatchObject(error)
  expect(error).toMatchObject({ error_type: 'not_found' })
  expect(await bob.ask('GET', '/api/conversations')).toEqual({ conversations: [] })
  expect((await ann.read(hers.conversationId)).title).toBe(QUESTION)
})

test('somebody else can neither attach to a stream nor stop it, over either transport', async () => {
  const { url, model } = await startServer({ pace: STEADY })
  const ann = await Visitor.arrive(url)
  const bob = await Visitor.arrive(url)
  const response = await ann.start(await ann.begin(QUESTION))
  const events = eventsOf(response)
  await until(events, 'content_chunk')
  const path = (id: string) => `/streams/chat/${id}`
  const streamId = response.headers.get('stream-id')!
  for (const method of ['GET', 'DELETE']) {
    const answer = await seen(await bob.request(method, path(streamId)))
    expect(answer).toMatchObject({ status: 404 })
    expect(answer).toEqual(await seen(await bob.request(method, path(createId()))))
  }
  expect(
    await overSocket(url, bob, { type: 'resume_stream', stream_id: streamId, last_chunk_id: 0 }),
  ).toMatchObject({
    type: 'request_error',
    error_type: 'not_found',
  })
  expect(await overSocket(url, bob, { type: 'cancel_stream', stream_id: streamId })).toMatchObject({
    type: 'request_error',
    error_type: 'not_found',
  })
  await until(events, 'stream_complete')
  expect(model.requests[0]!.outcome).toBe('completed')
})

test('who has the link reads and watches with the owner, and can do nothing else', async () => {
  const { url, model } = await startServer({ pace: STEADY })
  const ann = await Visitor.arrive(url)
  const bob = await Visitor.arrive(url)
  const asked = await ann.begin(QUESTION)
  const path = `/api/conversations/${asked.conversationId}`
  const shared = await ann.request('POST', `${path}/share`)
  expect(shared.status).toBe(201)
  const { token, path: link } = (await shared.json()) as Share
  expect(link).toBe(`/shared#${token}`)
  expect(await ann.ask('POST', `${path}/share`)).toEqual({ token, path: link })

  const response = await ann.start(asked)
  const streamId = response.headers.get('stream-id')!
  const hers = readEvents(response)
  const guest = await bob.ask<Conversation>('POST', '/api/guest', { token })
  expect(guest).toMatchObject({ access: 'guest', isShared: true, share: null })
  expect(guest.turns[0]!.answers).toMatchObject([{ state: 'running', streamId }])

  expect((await bob.request('DELETE', `/streams/chat/${streamId}`)).status).toBe(404)
  expect(await overSocket(url, bob, { type: 'cancel_stream', stream_id: streamId })).toMatchObject({
    error_type: 'not_found',
  })
  expect(
    await overSocket(url, bob, { type: 'resume_stream', stream_id: streamId, last_chunk_id: 0 }),
  ).toMatchObject({
    type: 'stream_attached',
  })
  for (const [method, to, body] of [
    ['PATCH', path, { title: 'Mine' }],
    ['DELETE', path, undefined],
    ['POST', `${path}/share`, undefined],
    ['DELETE', `${path}/share`, undefined],
    ['PUT', `${path}/turns/${createId()}`, { question: 'x', parentId: asked.answerId }],
  ] as const) {
    expect((await bob.request(method, to, body)).status).toBe(404)
  }
  const his = await readEvents(await bob.request('GET', `/streams/chat/${streamId}`))
  expect(textOf(his)).toBe(model.answerFor(QUESTION))
  expect(textOf(await hers)).toBe(textOf(his))
  expect((await bob.read(asked.conversationId)).turns[0]!.answers).toMatchObject([{ state: 'completed' }])
})

test('a link that is withdrawn lets its guests go, and lets nobody in', async () => {
  const { url } = await startServer({ pace: { ...STEADY, tokensPerSecond: 200 } })
  const ann = await Visitor.arrive(url)
  const bob = await Visitor.arrive(url)
  const asked = await ann.begin(QUESTION)
  const path = `/api/conversations/${asked.conversationId}`
  const { token } = await ann.ask<Share>('POST', `${path}/share`)
  const response = await ann.start(asked)
  const hers = eventsOf(response)
  await bob.ask('POST', '/api/guest', { token })
  const stream = `/streams/chat/${response.headers.get('stream-id')}`
  const his = eventsOf(await bob.request('GET', stream))
  await until(his, 'content_chunk')

  expect((await ann.request('DELETE', `${path}/share`)).status).toBe(204)
  await expect(Array.fromAsync(his)).rejects.toThrow()
  expect((await bob.request('GET', stream)).status).toBe(404)
  expect((await bob.request('GET', path)).status).toBe(404)
  expect((await bob.request('POST', '/api/guest', { token })).status).toBe(404)
  // Hers goes on: it is she who stops it.
  await ann.request('DELETE', stream)
  await until(hers, 'stream_cancelled')
})

/** Sends one message, and gives the first answer to it. */
async function overSocket(url: string, visitor: Visitor, message: object): Promise<Record<string, unknown>> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/streams/ws`, 'sluice.v1', {
    headers: { cookie: visitor.cookie, origin: url },
  })
  try {
    return await new Promise((resolve, reject) => {
      socket.on('error', reject)
      socket.on('close', (code) => reject(new Error(`closed with ${code}`)))
      socket.on('open', () => socket.send(JSON.stringify({ ...message, request_id: 'r' })))
      socket.on('message', (text) => {
        const said = JSON.parse(String(text)) as Record<string, unknown>
        if (said.request_id === 'r') resolve(said)
      })
    })
  } finally {
    socket.terminate()
  }
}
