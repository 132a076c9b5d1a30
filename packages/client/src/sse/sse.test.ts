import { StreamingError } from '@sluice/core'
import { describe, expect, test, vi } from 'vitest'
import type { OpenRequest, ResumeRequest, StartRequest } from '../transport.ts'
import { type SseOptions, sse } from './sse.ts'

const start: StartRequest = { kind: 'start', name: 'chat', input: '{"a":1}', idempotencyKey: 'k'.repeat(22) }
const resume: ResumeRequest = { kind: 'resume', name: 'chat', streamId: 'id/1', lastChunkId: 7 }
const { signal } = new AbortController()

/** A transport before a server that gives these answers, and what the server was asked. */
function serving(answers: readonly (Response | Error)[], options: Partial<SseOptions> = {}) {
  const requests: Request[] = []
  let count = 0
  const fetch = async (input: RequestInfo | URL, init?: RequestInit) => {
    requests.push(new Request(input, init))
    const answer = answers[count]
    count += 1
    if (answer instanceof Response) return answer
    throw answer ?? new Error('asked too often')
  }
  return { requests, transport: sse({ url: 'https://example.org/streams/', fetch, ...options }) }
}

const stream = (body = '') =>
  new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8', 'stream-id': 'id/1' } })

const json = (status: number, body: unknown, headers = {}) => Response.json(body, { status, headers })

async function refusal(answer: Response, request: OpenRequest = resume): Promise<StreamingError> {
  const { transport } = serving([answer])
  const thrown = await transport.open(request, signal).then(
    () => new Error('accepted'),
    (error) => error,
  )
  expect(thrown).toBeInstanceOf(StreamingError)
  return thrown
}

describe('requests', () => {
  test('a start', async () => {
    const { requests, transport } = serving([stream()])
    expect((await transport.open(start, signal))?.streamId).toBe('id/1')
    const [request] = requests
    expect(request?.method).toBe('POST')
    expect(request?.url).toBe('https://example.org/streams/chat')
    expect(Object.fromEntries(request!.headers)).toEqual({
      accept: 'text/event-stream',
      'content-type': 'application/json',
      'idempotency-key': start.idempotencyKey,
    })
    expect(await request?.text()).toBe('{"a":1}')
  })

  test('a resume, and one from the beginning', async () => {
    const { requests, transport } = serving([stream(), stream()])
    await transport.open(resume, signal)
    await transport.open({ ...resume, lastChunkId: 0 }, signal)
    expect(requests.map(({ method, url }) => [method, url])).toEqual([
      ['GET', 'https://example.org/streams/chat/id%2F1'],
      ['GET', 'https://example.org/streams/chat/id%2F1'],
    ])
    expect(requests.map(({ headers }) => headers.get('last-event-id'))).toEqual(['7', null])
  })

  test('a cancel, by id and by key', async () => {
    const done = () => new Response(null, { status: 204 })
    const { requests, transport } = serving([done(), done()])
    await transport.cancel({ name: 'chat', streamId: 'id/1' }, signal)
    await transport.cancel({ name: 'chat', idempotencyKey: 'key' }, signal)
    expect(requests.map(({ method, url }) => [method, url])).toEqual([
      ['DELETE', 'https://example.org/streams/chat/id%2F1'],
      ['DELETE', 'https://example.org/streams/chat'],
    ])
    expect(requests[1]?.headers.get('idempotency-key')).toBe('key')
  })

  test('a cancel that is refused', async () => {
    const { transport } = serving([json(403, { error: { error_type: 'permission_denied' } })])
    await expect(transport.cancel({ name: 'chat', streamId: 'id' }, signal)).rejects.toMatchObject({
      type: 'permission_denied',
    })
  })

  test('headers and credentials of the user’s own, ours prevail', async () => {
    const { requests, transport } = serving([stream()], {
      headers: { authorization: 'Bearer x', accept: 'text/html' },
      credentials: 'include',
    })
    await transport.open(start, signal)
    expect(requests[0]?.headers.get('authorization')).toBe('Bearer x')
    expect(requests[0]?.headers.get('accept')).toBe('text/event-stream')
    expect(requests[0]?.credentials).toBe('include')
  })

  test('204 is the end', async () => {
    const { transport } = serving([new Response(null, { status: 204 })])
    expect(await transport.open(resume, signal)).toBeUndefined()
  })

  test('a relative URL outside a page is an error at once, not a network that is tried for minutes', async () => {
    const { requests, transport } = serving([], { url: '/streams' })
    await expect(transport.open(start, signal)).rejects.toMatchObject({
      type: 'invalid_request',
      recoverable: false,
    })
    expect(requests).toEqual([])
  })

  test('a relative URL in a page', async () => {
    vi.stubGlobal('location', { href: 'https://example.org/chat/7?x' })
    const { requests, transport } = serving([stream()], { url: '/streams' })
    await transport.open(start, signal)
    expect(requests[0]?.url).toBe('https://example.org/streams/chat')
  })
})

describe('credentials that expire', () => {
  const refused = () => json(401, { error: { error_type: 'authentication' } })

  test('are made afresh for each attempt, and once more after a 401', async () => {
    const asked: boolean[] = []
    const { requests, transport } = serving([refused(), stream(), stream()], {
      headers: async ({ unauthorized }) => {
        asked.push(unauthorized)
        return { authorization: unauthorized ? 'fresh' : 'stale' }
      },
    })
    await transport.open(start, signal)
    await transport.open(resume, signal)
    expect(asked).toEqual([false, true, false])
    expect(requests.map(({ headers }) => headers.get('authorization'))).toEqual(['stale', 'fresh', 'stale'])
    expect(await requests[1]?.text()).toBe('{"a":1}')
  })

  test('but not in a loop', async () => {
    const { requests, transport } = serving([refused(), refused()], { headers: () => ({}) })
    await expect(transport.open(start, signal)).rejects.toMatchObject({ type: 'authentication', status: 401 })
    expect(requests).toHaveLength(2)
  })

  test('nor at all if the headers are fixed', async () => {
    const { requests, transport } = serving([refused()], { headers: {} })
    await expect(transport.open(start, signal)).rejects.toMatchObject({ type: 'authentication' })
    expect(requests).toHaveLength(1)
  })

  test('that never come hold nobody up', async () => {
    const attempt = new AbortController()
    const { transport } = serving([], { headers: () => new Promise(() => {}) })
    const opening = transport.open(start, attempt.signal)
    attempt.abort(new Error('left'))
    await expect(opening).rejects.toThrow('left')
  })
})

describe('refusals', () => {
  test('in our words', async () => {
    const issues = [{ path: ['messages', 0], message: 'too short' }]
    const error = await refusal(
      json(400, { error: { error_type: 'invalid_request', message: 'No.', recoverable: false, issues } }),
    )
    expect(error).toMatchObject({ type: 'invalid_request', message: 'No.', status: 400, issues })
    const flat = {
      statusCode: 413,
      error: 'Payload Too Large',
      error_type: 'invalid_request',
      message: 'Big.',
    }
    expect(await refusal(json(413, flat))).toMatchObject({ message: 'Big.', status: 413, recoverable: false })
  })

  test('that pass, with the wait the server asks for, in the body or in the header', async () => {
    const body = { error_type: 'capacity', message: 'Full.', recoverable: true, retry_after: 4 }
    expect(await refusal(json(503, { error: body }))).toMatchObject({ type: 'capacity', retryAfterMs: 4_000 })
    const { retry_after: _, ...silent } = body
    const header = { 'retry-after': '9' }
    expect(await refusal(json(503, { error: silent }, header))).toMatchObject({ retryAfterMs: 9_000 })
    expect(await refusal(json(503, { error: body }, header))).toMatchObject({ retryAfterMs: 4_000 })
  })

  test.each([
    [400, 'invalid_request', false],
    [401, 'authentication', false],
    [403, 'permission_denied', false],
    [404, 'not_found', false],
    [406, 'invalid_request', false],
    [408, 'connection_lost', true],
    [409, 'conflict', false],
    [410, 'resume_expired', false],
    [413, 'invalid_request', false],
    [415, 'invalid_request', false],
    [422, 'invalid_request', false],
    [425, 'connection_lost', true],
    [429, 'rate_limit', true],
    [500, 'unexpected_error', true],
    [502, 'connection_lost', true],
    [503, 'capacity', true],
    [504, 'connection_lost', true],
    [200, 'connection_lost', true],
  ] as const)('a page with status %i, of a proxy or a framework: %s', async (status, type, recoverable) => {
    const page = new Response('<h1>nginx</h1>', { status, headers: { 'content-type': 'text/html' } })
    expect(await refusal(page)).toMatchObject({ type, recoverable, status })
    const fastify = json(status, { statusCode: status, error: 'A Phrase', message: 'x' })
    expect(await refusal(fastify)).toMatchObject({ type, recoverable, status })
  })

  test('JSON that is something else', async () => {
    for (const body of [null, [], 7, { error: null }, { error: { error_type: 'brand_new' } }]) {
      expect((await refusal(json(500, body))).type).toBe('unexpected_error')
    }
  })
})
