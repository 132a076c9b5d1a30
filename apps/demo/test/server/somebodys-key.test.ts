import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import WebSocket from 'ws'
import { openStore } from '../../src/server/store/store.ts'
import { startServer } from './support/server.ts'
import { createId, eventsOf, until, Visitor } from './support/visitor.ts'

const QUESTION = 'Explain Dijkstra'

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-demo-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A request as a page of that host sends it, after its name was given this server's address. */
function under(host: string, url: string, path: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; cookies: readonly string[]; body: string }>((resolve, reject) => {
    const sent = request(url + path, { headers: { ...headers, host } }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.on('end', () => {
        resolve({ status: response.statusCode!, cookies: response.headers['set-cookie'] ?? [], body })
      })
    })
    sent.on('error', reject).end()
  })
}

test('150 starts, each with a fresh cookie: no more run than one network may start', async () => {
  const { url, model } = await startServer({ perMinute: { arrivals: 1_000 } })
  const statuses: number[] = []
  for (let asked = 0; asked < 150; asked += 1) {
    const visitor = await Visitor.arrive(url)
    const response = await visitor.start(await visitor.begin(QUESTION))
    statuses.push(response.status)
    await response.text()
  }
  expect(statuses.filter((status) => status === 200)).toHaveLength(120)
  expect(statuses.slice(120)).toEqual(Array(30).fill(429))
  expect(model.requests).toHaveLength(120)
})

test('cookies themselves are limited by network, and known visitors do not notice it', async () => {
  const { url } = await startServer({
    perMinute: { arrivals: 3 },
    page: async (app) => void app.get('/', () => 'page'),
  })
  const ann = await Visitor.arrive(url)
  const page = await fetch(url)
  expect(page.headers.getSetCookie()).toHaveLength(1)
  await Visitor.arrive(url)

  const refused = await fetch(`${url}/api/me`)
  expect(refused.status).toBe(429)
  expect(refused.headers.getSetCookie()).toEqual([])
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await refused.json()).toMatchObject({ error_type: 'rate_limit', recoverable: true })
  // The page comes all the same, and can say it.
  const without = await fetch(url)
  expect(without.status).toBe(200)
  expect(without.headers.getSetCookie()).toEqual([])
  expect((await ann.request('GET', '/api/me')).status).toBe(200)
})

test('behind proxies, the network is the one that they tell, and IPv6 counts by its first 64 bits', async () => {
  const { url } = await startServer({ trustProxy: 1, perMinute: { arrivals: 1 } })
  const arrive = async (address: string) =>
    (await fetch(`${url}/api/me`, { headers: { 'x-forwarded-for': address } })).status
  expect(await arrive('2001:db8:1:2::1')).toBe(200)
  expect(await arrive('2001:db8:1:2::2')).toBe(429)
  expect(await arrive('2001:db8:1:3::1')).toBe(200)
  // The client's own words, before the proxy's: they say nothing.
  expect(await arrive('192.0.2.1, 203.0.113.9')).toBe(200)
  expect(await arrive('192.0.2.2, 203.0.113.9')).toBe(429)
})

test('a visitor’s budget: a start after it is an error that says so, in the conversation too, and costs nothing', async () => {
  const { url, model, store } = await startServer({ budget: { perVisitor: 12, inAll: Infinity } })
  const [ann, bob] = await Promise.all([Visitor.arrive(url), Visitor.arrive(url)])
  model.script({ text: 'With a priority queue, and a list of distances.' }, { text: 'Yes.' })
  await ann.answer(await ann.begin(QUESTION))
  const spent = store.spending.today('all')
  // Less than five visitors may spend, whose network is the same.
  expect(spent).toBeGreaterThan(12)
  expect(spent).toBeLessThan(60)

  const asked = await ann.begin(QUESTION)
  const events = await ann.answer(asked)
  expect(events.at(-1)).toMatchObject({
    type: 'stream_error',
    error_type: 'quota_exceeded',
    recoverable: false,
    message: 'You have used up today’s 12 tokens. There are new ones at midnight UTC.',
  })
  expect(await ann.stored(asked)).toMatchObject({ state: 'failed', error: { type: 'quota_exceeded' } })
  expect(model.requests).toHaveLength(1)
  expect(store.spending.today('all')).toBe(spent)

  const his = await bob.begin(QUESTION)
  await bob.answer(his)
  expect(await bob.stored(his)).toMatchObject({ state: 'completed' })
})

test('the provider’s own count is what is spent, of all rounds of an answer', async () => {
  const { url, store, model } = await startServer()
  const ann = await Visitor.arrive(url)
  const events = await ann.answer({ ...(await ann.begin('What time is it?')), model: 'sluice-tools' })
  expect(model.requests.length).toBeGreaterThan(1)
  const end = events.at(-1)!
  expect(end).toMatchObject({ type: 'stream_complete' })
  expect(store.spending.today('all')).toBe(end.type === 'stream_complete' ? end.usage?.total_tokens : 0)
})

test('what is stopped or breaks off is paid for by its bytes, and what the provider refused is free', async () => {
  const { url, store, model } = await startServer()
  const ann = await Visitor.arrive(url)
  model.fail('401')
  await ann.answer(await ann.begin(QUESTION))
  expect(store.spending.today('all')).toBe(0)

  model.fail('stall', { afterTokens: 40 })
  const response = await ann.start(await ann.begin(QUESTION))
  const streamId = response.headers.get('stream-id')!
  const events = eventsOf(response)
  await until(events, 'content_chunk')
  // It is reserved while it runs.
  expect(store.spending.today('all')).toBeGreaterThan(1_000)
  const stopped = await ann.request('DELETE', `/streams/chat/${streamId}`)
  await stopped.text()
  await until(events, 'stream_cancelled')
  await expect.poll(() => store.spending.today('all')).toBeLessThan(500)
  expect(store.spending.today('all')).toBeGreaterThan(10)
})

test('fresh cookies share the budget of their network, and all visitors that of the server', async () => {
  const network = await startServer({ budget: { perVisitor: 50, inAll: Infinity } })
  const ends = async (url: string, count: number) => {
    const types: unknown[] = []
    for (let asked = 0; asked < count; asked += 1) {
      const visitor = await Visitor.arrive(url)
      const end = (await visitor.answer(await visitor.begin(QUESTION))).at(-1)!
      types.push(end.type === 'stream_error' ? end.message : end.type)
    }
    return types
  }
  // The first answer alone is more than five times 50 tokens.
  expect(await ends(network.url, 2)).toEqual([
    'stream_complete',
    'The visitors from your network have used up today’s 250 tokens. There are new ones at midnight UTC.',
  ])
  const all = await startServer({ budget: { perVisitor: 1e6, inAll: 50 } })
  expect(await ends(all.url, 2)).toEqual([
    'stream_complete',
    'All visitors of this server together have used up today’s 50 tokens. There are new ones at midnight UTC.',
  ])
})

test('what was spent outlives the process, and a new day begins anew', async () => {
  const folder = newFolder()
  const store = openStore(folder)
  store.spending.add(['all', 'visitor a'], 70)
  store.close()
  const again = openStore(folder)
  onTestFinished(() => again.close())
  expect(again.spending.today('visitor a')).toBe(70)
  expect(again.spending.today('visitor b')).toBe(0)
  again.spending.add(['visitor a'], -100)
  expect(again.spending.today('visitor a')).toBe(0)
})

test('a host name that is not this server’s gets nothing: no page, no cookie, no stream, no socket', async () => {
  const { url, port, model } = await startServer({ hostNames: ['demo.example', '.lan'] })
  for (const host of ['evil.example', `evil.example:${port}`, 'notlan', 'demo.example.evil.example']) {
    for (const path of ['/', '/api/me', `/streams/chat/${createId()}`, '/metrics']) {
      const { status, cookies, body } = await under(host, url, path)
      expect({ host, path, status, cookies }).toEqual({ host, path, status: 403, cookies: [] })
      expect(body).toContain('ALLOWED_HOSTS=')
    }
  }
  for (const host of [
    'localhost',
    `127.0.0.1:${port}`,
    '[::1]:80',
    'a.localhost',
    'DEMO.example:8080',
    'demo.example.',
    'lan',
    'a.lan',
  ]) {
    expect([host, (await under(host, url, '/api/me')).status]).toEqual([host, 200])
  }
  const ann = await Visitor.arrive(url)
  const socket = new WebSocket(`${url.replace('http', 'ws')}/streams/ws`, 'sluice.v1', {
    headers: { cookie: ann.cookie, host: 'evil.example', origin: 'http://evil.example' },
  })
  const status = await new Promise((resolve) => {
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode))
    socket.on('open', () => resolve('open'))
  })
  expect(status).toBe(403)
  expect(model.requests).toHaveLength(0)
})

test('behind a proxy, both names have to be known: that of the request, and the one that the proxy tells', async () => {
  const { url } = await startServer({ trustProxy: 1, hostNames: ['demo.example', 'demo-a'] })
  const status = async (host: string, forwarded: string) =>
    (await under(host, url, '/api/me', { 'x-forwarded-host': forwarded })).status
  expect(await status('demo-a:3000', 'demo.example')).toBe(200)
  expect(await status('demo-a:3000', 'evil.example')).toBe(403)
  // A page can set this header itself, and a proxy may pass it on.
  expect(await status('evil.example', 'demo.example')).toBe(403)
})

test('the database, its log and its shared memory are for this user alone, an older one too', async () => {
  const folder = join(newFolder(), 'data')
  const before = process.umask(0)
  onTestFinished(() => void process.umask(before))
  const store = openStore(folder)
  onTestFinished(() => store.close())
  const mode = (name: string) => (statSync(join(folder, name)).mode & 0o777).toString(8)
  expect([mode('.'), mode('demo.sqlite'), mode('demo.sqlite-wal'), mode('demo.sqlite-shm')]).toEqual([
    '700',
    '600',
    '600',
    '600',
  ])
})

test('a database of the version before is taken over', async () => {
  const { DatabaseSync } = await import('node:sqlite')
  const folder = newFolder()
  const [conversationId, first, second, third] = [createId(), createId(), createId(), createId()]
  const [one, other, late] = [createId(), createId(), createId()]
  const store = openStore(folder)
  store.conversations.putTurn('ann', conversationId, first, { question: 'Kept?', parentId: null })
  store.conversations.putTurn('ann', conversationId, second, { question: 'And?', parentId: first })
  store.conversations.putTurn('ann', conversationId, third, { question: 'Then?', parentId: second })
  const answer = { owner: 'ann', conversationId, lane: 0 as const, model: 'm', isRestart: false }
  store.answers.begin({ ...answer, turnId: first, answerId: one, streamId: '1' })
  store.answers.begin({ ...answer, turnId: first, answerId: other, streamId: '2' })
  store.answers.begin({ ...answer, turnId: second, answerId: late, streamId: '3' })
  store.close()
  const old = new DatabaseSync(join(folder, 'demo.sqlite'))
  old.exec(`DROP TABLE spending; ALTER TABLE turns DROP COLUMN parent_id; ALTER TABLE answers DROP COLUMN lane;
    ALTER TABLE turns ADD COLUMN chosen_answer_id TEXT; PRAGMA user_version = 1`)
  old.prepare('UPDATE turns SET chosen_answer_id = ? WHERE id = ?').run(one, first)
  old.close()
  const again = openStore(folder)
  onTestFinished(() => again.close())
  expect(again.conversations.list('ann')).toMatchObject([{ title: 'Kept?' }])
  expect(again.conversations.turns(conversationId).map(({ parentId }) => parentId)).toEqual([null, one, late])
  expect(again.answers.list(conversationId).map(({ id, lane }) => [id, lane])).toEqual(
    expect.arrayContaining([
      [one, 0],
      [other, 1],
      [late, 0],
    ]),
  )
  again.spending.add(['all'], 1)
  expect(again.spending.today('all')).toBe(1)
})
