import type { FastifyRequest } from 'fastify'
import { streamReply } from '../src/index.ts'
import type { StreamReplyOptions } from '../src/options.ts'
import { readError, readEvents } from './support/events.ts'
import { overEach } from './support/over-each.ts'
import type { TestServerOptions } from './support/server.ts'

const KEY = { 'idempotency-key': 'AAAAAAAAAAAAAAAAAAAAAAAA' }

/** A server with a route of the application's own in each room. */
function rooms(options: Partial<StreamReplyOptions> = {}): { calls: () => number } & TestServerOptions {
  let calls = 0
  return {
    calls: () => calls,
    after: async (app, hub) => {
      await app.register(streamReply, { hub, ...options })
      app.route({
        method: ['GET', 'POST'],
        url: '/rooms/:room/ask',
        handler: (request: FastifyRequest, reply) =>
          reply.stream(
            async function* () {
              calls += 1
              yield `the secret of ${(request.params as { room: string }).room}`
            },
            request.headers['x-tenant'] === undefined ? {} : { scope: `${request.headers['x-tenant']}` },
          ),
      })
    },
  }
}

overEach('a stream of one room is not found by way of another', async (t, { serve, fetch }) => {
  const { calls, ...options } = rooms()
  const { url } = await serve(t, options)
  const ask = (room: number, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${url}/rooms/${room}/ask`, { method: 'POST', headers })
  const first = await ask(1, KEY)
  const id = `${first.headers.get('stream-id')}:1`
  t.match(await first.text(), /secret of 1/)
  t.match(await (await ask(1, { 'last-event-id': id })).text(), /secret of 1/)
  t.match(await (await ask(1, KEY)).text(), /secret of 1/)
  t.equal(calls(), 1)
  const foreign = await ask(2, { 'last-event-id': id })
  t.equal(foreign.status, 404)
  t.notMatch(await foreign.text(), /secret/)
  t.match(await (await ask(2, KEY)).text(), /secret of 2/, 'a key of its own')
  t.equal(calls(), 2)
})

overEach('nor one of another scope that the application names', async (t, { serve, fetch }) => {
  const { calls, ...options } = rooms()
  const { url } = await serve(t, options)
  const ask = (tenant: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${url}/rooms/1/ask`, { method: 'POST', headers: { 'x-tenant': tenant, ...headers } })
  const first = await ask('a', KEY)
  const id = { 'last-event-id': `${first.headers.get('stream-id')}:1` }
  await first.text()
  t.equal((await ask('a', id)).status, 200)
  t.equal((await ask('b', id)).status, 404)
  await (await ask('b', KEY)).text()
  t.equal(calls(), 2)
})

const site = (name: string, dest: string, mode: string): Record<string, string> => ({
  'sec-fetch-site': name,
  'sec-fetch-dest': dest,
  'sec-fetch-mode': mode,
})

/** GETs that browsers send, and whether they may start a generation. */
const gets: Readonly<Record<string, { headers: Record<string, string>; mayStart: boolean }>> = {
  'an image of another site': { headers: site('cross-site', 'image', 'no-cors'), mayStart: false },
  'a fetch without CORS of another site': {
    headers: site('cross-site', 'empty', 'no-cors'),
    mayStart: false,
  },
  'a link of another site': { headers: site('cross-site', 'document', 'navigate'), mayStart: false },
  'a page of another subdomain': { headers: site('same-site', 'empty', 'no-cors'), mayStart: false },
  'an image in a page of this site': { headers: site('same-origin', 'image', 'no-cors'), mayStart: false },
  'a frame in a page of this site': { headers: site('same-origin', 'iframe', 'navigate'), mayStart: false },
  'a client that sends no Fetch Metadata': { headers: {}, mayStart: false },
  'an EventSource of this site': { headers: site('same-origin', 'empty', 'cors'), mayStart: true },
  'an address that a person has typed': { headers: site('none', 'document', 'navigate'), mayStart: true },
}

overEach('a GET starts a stream only if it comes from this site', async (t, { serve, fetch }) => {
  const { calls, ...options } = rooms()
  const { url } = await serve(t, options)
  for (const [name, { headers, mayStart }] of Object.entries(gets)) {
    const before = calls()
    const response = await fetch(`${url}/rooms/1/ask`, { headers })
    t.equal(response.status, mayStart ? 200 : 403, name)
    if (mayStart) await response.text()
    else
      t.match(await readError(response), {
        code: 'FST_ERR_SLUICE_PERMISSION_DENIED',
        message: /^Sec-Fetch-Site: /,
      })
    t.equal(calls() - before, mayStart ? 1 : 0, name)
  }
})

overEach(
  'an EventSource of an allowed origin may start one, and any may resume',
  async (t, { serve, fetch }) => {
    const { calls, ...options } = rooms({ allowedOrigins: ['https://app.example'] })
    const { url } = await serve(t, options)
    const cors = { ...site('cross-site', 'empty', 'cors'), origin: 'https://app.example' }
    const first = await fetch(`${url}/rooms/1/ask`, { headers: cors })
    const events = await readEvents(first)
    const id = `${first.headers.get('stream-id')}:2`
    t.same(
      await readEvents(await fetch(`${url}/rooms/1/ask`, { headers: { 'last-event-id': id } })),
      events.slice(2),
    )
    t.same(await readEvents(await fetch(`${url}/rooms/1/ask?lastEventId=${id}`)), events.slice(2))
    t.equal(calls(), 1)
  },
)

overEach('a HEAD starts nothing', async (t, { serve, fetch }) => {
  const { calls, ...options } = rooms({ allowMissingFetchMetadata: true })
  const { url, hub } = await serve(t, options)
  const response = await fetch(`${url}/rooms/1/ask`, { method: 'HEAD' })
  t.match(response.headers.get('content-type'), /^text\/event-stream/)
  t.equal(calls(), 0)
  t.equal(hub.load.streams, 0)
})
