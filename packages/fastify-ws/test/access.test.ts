import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import proxy from '@fastify/http-proxy'
import websocket from '@fastify/websocket'
import { createHub, memoryLog } from '@sluice/core/server'
import Fastify, { type FastifyInstance } from 'fastify'
import { type Test, test } from 'tap'
import WebSocket from 'ws'
import fastifyWs from '../src/index.ts'
import { Peer } from './support/peer.ts'
import { pending, serve, type TestServer } from './support/server.ts'

const KEY = 'AAAAAAAAAAAAAAAAAAAAAAAA'

test('a repeated start of a stream that was withdrawn is not_found, also after revoked', async (t) => {
  let isShared = true
  const { connect } = await serve(t, {
    run: pending,
    owner: () => 'ann',
    authorize: () => isShared,
    revalidateMs: 30,
  })
  const peer = await connect()
  const start = {
    type: 'stream_request',
    stream: 'chat',
    input: { prompt: 'hello' },
    idempotency_key: KEY,
  }
  const { stream_id } = await peer.ask(start)
  t.match(await peer.ask(start), { type: 'stream_attached', stream_id: stream_id as string })
  isShared = false
  t.match(await peer.take('stream_detached'), { reason: 'revoked' })
  t.match(await peer.ask(start), { type: 'request_error', error_type: 'not_found' })
  t.match(await (await connect()).ask(start), { type: 'request_error', error_type: 'not_found' })
})

/** The status that an upgrade is refused with; 101: it is not. */
async function upgraded(t: Test, url: string, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(url, ['sluice.v1'], { headers })
  t.teardown(() => socket.terminate())
  socket.on('error', () => {})
  return Promise.race([
    once(socket, 'open').then(() => 101),
    once(socket, 'unexpected-response').then(([, response]) => {
      response.resume()
      return response.statusCode as number
    }),
  ])
}

test('a socket with a cookie and no Origin is refused, unless the application allows it', async (t) => {
  const { url } = await serve(t)
  const cookie = 'session=ann'
  t.equal(await upgraded(t, url, { cookie }), 403)
  t.equal(await upgraded(t, url, {}), 101)
  t.equal(await upgraded(t, url, { cookie, origin: new URL(url.replace('ws', 'http')).origin }), 101)
  const open = await serve(t, { allowMissingOrigin: true })
  t.equal(await upgraded(t, open.url, { cookie }), 101)
})

/** Fastify's own proxy in front of a server. */
async function proxied(t: Test, { port }: TestServer, options: object = {}): Promise<string> {
  const front = Fastify()
  await front.register(proxy, { upstream: `http://127.0.0.1:${port}`, websocket: true, ...options })
  await front.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => front.close())
  return `127.0.0.1:${(front.server.address() as AddressInfo).port}`
}

/** What the README says: the proxy hands on what the check of origins needs. */
const recipe = {
  wsClientOptions: {
    rewriteRequestHeaders: (
      headers: Record<string, unknown>,
      { headers: { cookie, host, origin } }: { headers: Record<string, string | undefined> },
    ) => ({
      ...headers,
      ...(cookie === undefined ? {} : { cookie }),
      ...(origin === undefined ? {} : { origin }),
      'x-forwarded-host': host,
    }),
  },
}

test('behind @fastify/http-proxy another site’s page is refused, with the recipe and without', async (t) => {
  const plain = await serve(t)
  const headers = { cookie: 'session=ann', origin: 'https://evil.example' }
  const refused = await Peer.open(t, `ws://${await proxied(t, plain)}/streams/ws`, { headers })
  await refused.closed
  t.same(refused.messages, [])

  const trusting = await serve(t, { fastify: { trustProxy: true } })
  const host = await proxied(t, trusting, recipe)
  const other = await Peer.open(t, `ws://${host}/streams/ws`, { headers })
  await other.closed
  t.same(other.messages, [])
  const own = await Peer.open(t, `ws://${host}/streams/ws`, {
    headers: { ...headers, origin: `http://${host}` },
  })
  t.match(await own.take('connection_established'), { type: 'connection_established' })
})

test('the streams of one tenant are not found by way of another', async (t) => {
  const { hub, port } = await serve(t, { prefix: '/tenants/:tenant', owner: () => 'ann', run: pending })
  const connect = async (tenant: number): Promise<Peer> => {
    const peer = await Peer.open(t, `ws://127.0.0.1:${port}/tenants/${tenant}/ws`)
    await peer.take('connection_established')
    return peer
  }
  const [one, again, other] = [await connect(1), await connect(1), await connect(2)]
  const stream_id = await one.start({ idempotency_key: KEY, thread: 'trip' })
  const named = [
    { type: 'resume_stream', stream_id, last_chunk_id: 0 },
    { type: 'attach_thread', stream: 'chat', thread: 'trip' },
  ]
  for (const request of named) {
    t.match(await again.ask(request), { type: 'stream_attached', stream_id })
    t.match(await other.ask(request), { type: 'request_error', error_type: 'not_found' })
  }
  t.match(await other.ask({ type: 'cancel_stream', stream_id }), { error_type: 'not_found' })
  t.not(await other.start({ idempotency_key: KEY }), stream_id, 'a key of its own')
  await hub.cancelAll('ann')
})

test('a stream of a route of the application’s own is not found by its id', async (t) => {
  const { hub, connect } = await serve(t, { owner: () => 'ann', run: pending })
  const input = { prompt: 'x' }
  const { record } = await hub.start({ stream: 'chat', input, owner: 'ann', scope: 'room 1' })
  const request = { type: 'resume_stream', stream_id: record.streamId, last_chunk_id: 0 }
  t.match(await (await connect()).ask(request), { type: 'request_error', error_type: 'not_found' })
  await hub.cancelAll('ann')
})

test('a proxy for WebSockets beside the plugin works before it, and is refused at start after it', async (t) => {
  const upstream = await serve(t)
  const hub = createHub({ streams: {}, log: memoryLog() })
  const own = (app: FastifyInstance) => app.register(fastifyWs, { hub, prefix: '/streams', owner: false })
  const beside = (app: FastifyInstance) =>
    app.register(proxy, {
      upstream: `http://127.0.0.1:${upstream.port}`,
      prefix: '/other',
      rewritePrefix: '/streams',
      websocket: true,
    })
  const server = async (...plugins: readonly ((app: FastifyInstance) => unknown)[]): Promise<string> => {
    const app = Fastify()
    t.teardown(() => app.close())
    for (const plugin of plugins) await plugin(app)
    await app.listen({ port: 0, host: '127.0.0.1' })
    return `ws://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  }
  const both = await server(beside, own)
  for (const path of ['/other/ws', '/streams/ws']) {
    t.ok(await (await Peer.open(t, `${both}${path}`)).take('connection_established'), path)
  }
  const refusal = { code: 'FST_ERR_SLUICE_OPTION', message: /Register the proxy before this plugin/ }
  await t.rejects(server(own, beside), refusal)
  await t.rejects(
    server((app) => app.register(websocket), beside, own),
    refusal,
  )
})
