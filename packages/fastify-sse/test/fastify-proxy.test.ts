import type { AddressInfo } from 'node:net'
import proxy, { type FastifyHttpProxyOptions } from '@fastify/http-proxy'
import { gate, textOf } from '@sluice/plugin-tests'
import Fastify from 'fastify'
import { type Test, test } from 'tap'
import { readEvents, readUntil } from './support/events.ts'
import { serve, type TestServer } from './support/server.ts'

// Fastify's own proxy in front of the server, as the README sets it up, and without that.

const recipe: Pick<FastifyHttpProxyOptions, 'replyOptions'> = {
  replyOptions: {
    rewriteRequestHeaders: ({ headers: { host } }, headers) => ({ ...headers, 'x-forwarded-host': host }),
  },
}

/** The address of a proxy in front of a server. */
async function proxied(t: Test, { port }: TestServer, options: object): Promise<string> {
  const front = Fastify({ forceCloseConnections: true })
  await front.register(proxy, {
    upstream: `http://127.0.0.1:${port}`,
    prefix: '/streams',
    rewritePrefix: '/streams',
    ...options,
  })
  await front.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => front.close())
  return `http://127.0.0.1:${(front.server.address() as AddressInfo).port}`
}

/** A start, as a page of this origin sends it. */
function post(url: string, origin: string): Promise<Response> {
  return fetch(`${url}/streams/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie: 'session=ann', origin },
    body: '{"prompt":"hello"}',
  })
}

test('with the recipe a page of the proxy’s host starts a stream, and gets its events as they come', async (t) => {
  const rest = gate()
  const server = await serve(t, {
    fastify: { trustProxy: '127.0.0.1' },
    run: async function* () {
      yield 'first '
      await rest.opened
      yield 'second'
    },
  })
  const url = await proxied(t, server, recipe)
  const response = await post(url, url)
  t.equal(response.status, 200)
  const location = `${url}${response.headers.get('location')}`
  t.notMatch(await readUntil(response, /first/), /second/)
  rest.open()
  t.equal(textOf(await readEvents(await fetch(location))), 'first second', 'its Location leads to it')
})

test('another site’s page is refused, with the recipe and without', async (t) => {
  const trusting = await serve(t, { fastify: { trustProxy: '127.0.0.1' } })
  const plain = await serve(t)
  for (const url of [await proxied(t, trusting, recipe), await proxied(t, plain, {})]) {
    t.equal((await post(url, 'https://evil.example')).status, 403)
  }
})

test('without the recipe the refusal says how to mend it', async (t) => {
  const url = await proxied(t, await serve(t), {})
  const refused = await post(url, url)
  t.equal(refused.status, 403)
  t.match(await refused.text(), /X-Forwarded-Host/)
})
