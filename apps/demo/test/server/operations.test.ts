import { once } from 'node:events'
import { connect } from 'node:net'
import type { Hub } from '@sluice/core/server'
import fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { health } from '../../src/server/operations/health.ts'
import { clientOf } from './support/client.ts'
import { STEADY, startServer } from './support/server.ts'
import { createId, eventsOf, readEvents, until, Visitor } from './support/visitor.ts'

const QUESTION = 'Explain Dijkstra'

test('health: live, and ready until it closes', async () => {
  const { app, url } = await startServer({ pace: STEADY })
  const health = async (path: string) => {
    const response = await fetch(`${url}/health/${path}`)
    return { status: response.status, body: await response.json() }
  }
  expect(await health('live')).toEqual({ status: 200, body: { status: 'live' } })
  expect(await health('ready')).toEqual({ status: 200, body: { status: 'ready' } })

  const ann = await Visitor.arrive(url)
  const events = eventsOf(await ann.start(await ann.begin(QUESTION)))
  await until(events, 'content_chunk')
  // While an answer gets its moment to end, the readiness check says to send nobody here.
  const closed = app.close()
  expect(await health('ready')).toEqual({ status: 503, body: { status: 'closing' } })
  expect(await health('live')).toMatchObject({ status: 200 })
  await until(events, 'stream_complete')
  await closed
})

test('metrics have the process, and the hub’s counts, gauges and histograms', async () => {
  const { url, model } = await startServer()
  const ann = await Visitor.arrive(url)
  const events = await ann.answer(await ann.begin(QUESTION))
  model.fail('quota')
  await ann.answer(await ann.begin(QUESTION))
  const response = await fetch(`${url}/metrics`)
  expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4')
  const text = await response.text()
  const value = (name: string) => {
    const line = text.split('\n').find((each) => each.startsWith(`${name} `))
    return Number(line?.slice(name.length + 1))
  }
  expect(value('sluice_streams_started_total')).toBe(2)
  expect(value('sluice_streams_ended_total{outcome="completed"}')).toBe(1)
  expect(value('sluice_streams_ended_total{outcome="failed"}')).toBe(1)
  expect(value('sluice_errors_total{type="quota_exceeded"}')).toBe(1)
  expect(value('sluice_streams')).toBe(0)
  expect(value('sluice_chunks_total')).toBe(events.filter(({ type }) => type === 'content_chunk').length)
  expect(value('sluice_ttft_seconds_count')).toBe(1)
  expect(value('sluice_ttft_seconds_bucket{le="+Inf"}')).toBe(1)
  expect(value('sluice_ttft_seconds_bucket{le="0.001"}')).toBeLessThanOrEqual(1)
  expect(value('process_resident_memory_bytes')).toBeGreaterThan(1e6)
  expect(text).toMatch(/^# TYPE sluice_ttft_seconds histogram$/m)
  // Nothing that anybody has written, and nobody's name.
  expect(text).not.toContain('Dijkstra')
})

test('every answer has the security headers, and a policy that allows this host and nothing else', async () => {
  const { url } = await startServer()
  for (const path of ['/api/me', '/streams/chat/x', '/health/live', '/nowhere']) {
    const { headers } = await fetch(url + path)
    const policy = headers.get('content-security-policy')!
    expect(policy.split(';')).toEqual(
      expect.arrayContaining(["default-src 'none'", "script-src 'self'", "connect-src 'self'"]),
    )
    expect(policy).toContain("require-trusted-types-for 'script'")
    expect(policy).not.toMatch(/unsafe|http|\*|data:/)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
    expect(headers.get('x-powered-by')).toBeNull()
  }
})

test('who asks too much is told to wait, by visitor, in words that a client understands', async () => {
  const { url } = await startServer({ perMinute: { starts: 60, streams: 3, api: 5 } })
  const [ann, bob] = await Promise.all([Visitor.arrive(url), Visitor.arrive(url)])
  const stream = () => ann.request('GET', `/streams/chat/${createId()}`)
  const statuses = async (count: number, ask: () => Promise<Response>) => {
    const responses: Response[] = []
    for (let asked = 0; asked < count; asked += 1) responses.push(await ask())
    return responses
  }
  const streams = await statuses(4, stream)
  expect(streams.map(({ status }) => status)).toEqual([404, 404, 404, 429])
  expect(Number(streams[3]!.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await streams[3]!.json()).toMatchObject({ error_type: 'rate_limit', recoverable: true })

  // The fifth was her arrival.
  const lists = await statuses(5, () => ann.request('GET', '/api/conversations'))
  expect(lists.map(({ status }) => status)).toEqual([200, 200, 200, 200, 429])
  expect(Number(lists[4]!.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await lists[4]!.json()).toMatchObject({ error_type: 'rate_limit', recoverable: true })
  expect((await bob.request('GET', '/api/conversations')).status).toBe(200)
})

test.each(['sse', 'ws'] as const)(
  'over %s, starts have a limit of their own, and a client waits',
  async (transport) => {
    const { url, model } = await startServer({ perMinute: { starts: 1, streams: 100, api: 100 } })
    const ann = await Visitor.arrive(url)
    const client = clientOf(url, ann, transport)
    const start = async () => {
      const asked = await ann.begin(QUESTION)
      return client.start('chat', asked, { idempotencyKey: asked.answerId })
    }
    expect((await (await start()).done).text).toBe(model.answerFor(QUESTION))
    const second = await start()
    await new Promise<void>((resolve) => {
      const unsubscribe = second.subscribe(() => {
        const { waiting } = second.snapshot
        if (waiting?.for !== 'retry') return
        expect(waiting.error.type).toBe('rate_limit')
        unsubscribe()
        resolve()
      })
    })
    second.detach()
    expect(model.requests).toHaveLength(1)
  },
)

test('a page of another origin can change nothing, with the cookie of a visitor or without', async () => {
  const { url } = await startServer()
  const ann = await Visitor.arrive(url)
  const from = (origin: string) => ann.request('POST', '/api/lab/cut', {}, { origin })
  const foreign = await from('http://127.0.0.1:1')
  expect(foreign.status).toBe(403)
  expect(await foreign.json()).toMatchObject({ error_type: 'permission_denied' })
  expect((await from('null')).status).toBe(403)
  expect((await from(url)).status).toBe(202)
})

test('an instance that is short of time or memory asks to be spared, and still answers', async () => {
  const { app, url } = await startServer()
  const busy = fastify()
  onTestFinished(() => busy.close())
  const hub = { isClosing: false } as Hub
  await busy.register(health, { hub, maxHeap: 0.000_001 })
  // It samples now and then.
  await expect
    .poll(async () => (await busy.inject('/health/ready')).statusCode, { timeout: 10_000 })
    .toBe(503)
  expect((await busy.inject('/health/ready')).json()).toEqual({ status: 'under pressure' })
  expect((await busy.inject('/health/live')).statusCode).toBe(200)
  expect((await fetch(`${url}/health/ready`)).status).toBe(200)
  expect(app.isUnderPressure()).toBe(false)
})

test('closing lets answers end by themselves, over both transports, and stores them', async () => {
  const { app, url, model, store } = await startServer({ pace: STEADY, closeDeadlineMs: 5_000 })
  const ann = await Visitor.arrive(url)
  const overSse = await ann.begin(QUESTION)
  const overWs = await ann.begin(QUESTION)
  const events = eventsOf(await ann.start(overSse))
  const session = clientOf(url, ann, 'ws').start('chat', overWs, { idempotencyKey: overWs.answerId })
  await session.text()[Symbol.asyncIterator]().next()
  await until(events, 'content_chunk')
  const closed = app.close()
  await until(events, 'stream_complete')
  expect((await session.done).text).toBe(model.answerFor(QUESTION))
  await closed
  for (const { conversationId } of [overSse, overWs]) {
    expect(store.answers.list(conversationId)).toMatchObject([
      { state: 'completed', text: model.answerFor(QUESTION) },
    ])
  }
})

test('closing does not wait for a connection that a browser has opened ahead of need', async () => {
  const { app, port } = await startServer()
  const ahead = connect(port, '127.0.0.1')
  await once(app.server, 'connection')
  const gone = once(ahead, 'close')
  ahead.resume()
  await app.close()
  await gone
})

test('what still runs at the deadline ends with shutting_down, and is stored with what it had said', async () => {
  const { app, url, store } = await startServer({
    pace: { ...STEADY, tokensPerSecond: 50 },
    closeDeadlineMs: 100,
  })
  const ann = await Visitor.arrive(url)
  const asked = await ann.begin(QUESTION)
  const events = eventsOf(await ann.start(asked))
  await until(events, 'content_chunk')
  await app.close()
  expect(await until(events, 'stream_error')).toMatchObject({
    error_type: 'shutting_down',
    recoverable: true,
  })
  const [answer] = store.answers.list(asked.conversationId)
  expect(answer).toMatchObject({ state: 'failed', error: { type: 'shutting_down' } })
  expect(answer!.text).not.toBe('')
})

test('lines of the log name streams, and never what is said', async () => {
  const lines: string[] = []
  const logger = { level: 'debug', stream: { write: (line: string) => void lines.push(line) } }
  const { app, url, model } = await startServer({ logger })
  const ann = await Visitor.arrive(url)
  model.script({ text: 'quintessence' }, { fault: '401' })
  const asked = await ann.begin('xylophone')
  const response = await ann.start(asked)
  const streamId = response.headers.get('stream-id')!
  await readEvents(response)
  await ann.answer({ ...asked, answerId: createId() })
  await app.close()
  const log = lines.join('')
  expect(lines.map((line) => JSON.parse(line))).toContainEqual(
    expect.objectContaining({ msg: 'stream ended', streamId, outcome: 'completed' }),
  )
  expect(log).toContain('"errorType":"authentication"')
  for (const secret of ['xylophone', 'quintessence', ann.cookie.split('=')[1]!])
    expect(log).not.toContain(secret)
})
