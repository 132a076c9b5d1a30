import type { FastifyInstance } from 'fastify'
import Fastify from 'fastify'
import { test } from 'tap'
import fastifySse from '../src/index.ts'
import { readEvents } from './support/events.ts'
import { overEach } from './support/over-each.ts'
import type { TestServerOptions } from './support/server.ts'

// A prefix with parameters: hooks may have allowed one tenant, and not the other, to the same person.

const KEY = { 'idempotency-key': 'AAAAAAAAAAAAAAAAAAAAAAAA' }
const TYPE = { 'content-type': 'application/json' }

const tenants: TestServerOptions = {
  after: async (app: FastifyInstance, hub) => {
    await app.register(fastifySse, { hub, prefix: '/tenants/:tenant/streams', owner: () => 'ann' })
  },
}

overEach('the streams of one tenant are not found by way of another', async (t, { serve, fetch }) => {
  const { url, hub } = await serve(t, tenants)
  const chat = (tenant: number): string => `${url}/tenants/${tenant}/streams/chat`
  const start = (tenant: number, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(chat(tenant), { method: 'POST', headers: { ...TYPE, ...headers }, body: '{"prompt":"x"}' })

  const first = await start(1, { ...KEY, 'thread-id': 'trip' })
  const id = first.headers.get('stream-id')
  await readEvents(first)
  t.equal(first.headers.get('location'), `/tenants/1/streams/chat/${id}`)
  t.equal((await fetch(`${url}${first.headers.get('location')}`)).status, 200)
  t.equal((await start(1, { ...KEY, 'thread-id': 'trip' })).headers.get('stream-id'), id)

  t.equal((await fetch(`${chat(2)}/${id}`)).status, 404)
  t.equal((await fetch(`${chat(2)}/${id}`, { method: 'DELETE' })).status, 404)
  t.equal((await fetch(`${url}/streams/chat/${id}`)).status, 404, 'nor by way of no tenant')
  t.equal((await fetch(`${chat(2)}?thread=trip&lastEventId=${id}:1`)).status, 404)
  t.equal((await hub.latest({ stream: 'chat', owner: 'ann', thread: 'trip' }))?.record.streamId, id)
  const second = await start(2, KEY)
  t.not(second.headers.get('stream-id'), id, 'a key of its own')
  await readEvents(second)
})

overEach('a key that is cancelled in one tenant is not cancelled in another', async (t, { serve, fetch }) => {
  const { url } = await serve(t, tenants)
  const ask = (tenant: number, method: string): Promise<Response> =>
    fetch(`${url}/tenants/${tenant}/streams/chat`, {
      method,
      headers: method === 'POST' ? { ...TYPE, ...KEY } : KEY,
      body: method === 'POST' ? '{"prompt":"x"}' : null,
    })
  t.equal((await ask(1, 'DELETE')).status, 204)
  t.equal((await ask(1, 'POST')).status, 409)
  const other = await ask(2, 'POST')
  t.equal(other.status, 200)
  await readEvents(other)
})

test('a parameter of the prefix that a URL of the plugin has too is refused at start', async (t) => {
  const { createHub, memoryLog } = await import('@sluice/core/server')
  const app = Fastify()
  app.register(fastifySse, {
    hub: createHub({ streams: {}, log: memoryLog() }),
    prefix: '/of/:streamId',
    owner: false,
  })
  await t.rejects(async () => await app.ready(), { code: 'FST_ERR_SLUICE_OPTION', message: /streamId/ })
})
