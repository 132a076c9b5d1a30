import { readError, readEvents } from './support/events.ts'
import { overEach } from './support/over-each.ts'

const as = (name: string): Record<string, string> => ({ 'x-user': name })
const byHeader = {
  owner: (request: { headers: Record<string, unknown> }) => request.headers['x-user'] as string,
}

overEach(
  'a stream belongs to who started it; to anyone else it does not exist',
  async (t, { serve, fetch }) => {
    const { post, url } = await serve(t, byHeader)
    const first = await post({ prompt: 'hello' }, as('ann'))
    const events = await readEvents(first)
    const location = url + first.headers.get('location')
    t.same(await readEvents(await fetch(location, { headers: as('ann') })), events)

    const foreign = await fetch(location, { headers: as('bob') })
    const unknown = await fetch(`${url}/streams/chat/AAAAAAAAAAAAAAAAAAAAAA`, { headers: as('bob') })
    t.equal(foreign.status, 404)
    t.equal(unknown.status, 404)
    t.equal(await foreign.text(), await unknown.text(), 'to the letter')

    const beyond = await fetch(location, { headers: { ...as('bob'), 'last-event-id': '999' } })
    t.equal(beyond.status, 404, 'whatever the cursor')
    t.equal((await fetch(location, { method: 'DELETE', headers: as('bob') })).status, 404)
  },
)

overEach('a request without an owner is refused', async (t, { serve }) => {
  const { post } = await serve(t, byHeader)
  const response = await post()
  t.equal(response.status, 401)
  t.match(await readError(response), { error_type: 'authentication' })
})

overEach('keys belong to their owners', async (t, { serve }) => {
  const { post } = await serve(t, byHeader)
  const key = { 'idempotency-key': 'AAAAAAAAAAAAAAAAAAAAAAAA' }
  const ann = await post({ prompt: 'a' }, { ...as('ann'), ...key })
  const bob = await post({ prompt: 'a' }, { ...as('bob'), ...key })
  t.not(ann.headers.get('stream-id'), bob.headers.get('stream-id'))
})

overEach(
  'an application may share a stream for reading without sharing its cancel',
  async (t, { serve, fetch }) => {
    const asked: string[] = []
    const { post, url } = await serve(t, {
      ...byHeader,
      authorize: ({ owner, stream, action }) => {
        asked.push(`${owner} ${action} ${stream.owner}`)
        return owner === stream.owner || action === 'attach'
      },
    })
    const first = await post({ prompt: 'hello' }, as('ann'))
    const events = await readEvents(first)
    const location = url + first.headers.get('location')
    t.same(await readEvents(await fetch(location, { headers: as('bob') })), events)
    t.equal((await fetch(location, { method: 'DELETE', headers: as('bob') })).status, 404)
    t.same(asked, ['bob attach ann', 'bob cancel ann'])
  },
)

overEach(
  'the hooks of the enclosing scope come first, and what they set survives',
  async (t, { serve, fetch }) => {
    const { post, url } = await serve(t, {
      before: (app) => {
        app.addHook('onRequest', async (request, reply) => {
          reply.header('x-seen', 'yes').header('access-control-expose-headers', 'X-Seen')
          if (request.headers['x-banned'] !== undefined) await reply.code(403).send({ message: 'banned' })
        })
        app.addHook('onSend', async (_request, reply) => {
          reply.header('set-cookie', 'a=b')
        })
      },
    })
    const response = await post()
    t.equal(response.headers.get('x-seen'), 'yes')
    t.equal(response.headers.get('set-cookie'), 'a=b')
    t.match(response.headers.get('access-control-expose-headers'), /^X-Seen, Stream-Id/)
    t.equal((await readEvents(response)).at(-1)?.type, 'stream_complete')
    const banned = await fetch(`${url}/streams/chat`, { method: 'POST', headers: { 'x-banned': '1' } })
    t.equal(banned.status, 403)
  },
)

overEach('what `context` makes of the request reaches the run', async (t, { serve }) => {
  const { post } = await serve(t, {
    context: (request) => ({ tenant: request.headers['x-tenant'] }),
    run: async function* ({ context }) {
      yield JSON.stringify(context)
    },
  })
  const events = await readEvents(await post({ prompt: 'a' }, { 'x-tenant': 'acme' }))
  t.match(events[1], { content: '{"tenant":"acme"}' })
})

overEach('what a hook answers with reaches the client as it is', async (t, { serve }) => {
  const { post } = await serve(t, {
    before: (app) => {
      app.addHook('onRequest', async (_request, reply) => {
        await reply.code(401).send({ error: 'sign in first' })
      })
    },
  })
  const response = await post()
  t.equal(response.status, 401)
  t.same(await response.json(), { error: 'sign in first' })
})

overEach('so does what the application’s own error handler makes of an error', async (t, { serve }) => {
  const { post } = await serve(t, {
    before: (app) => {
      app.setErrorHandler((error, _request, reply) =>
        reply.code(418).send({ mine: (error as Error).message }),
      )
    },
  })
  const response = await post({ prompt: 5 })
  t.equal(response.status, 418)
  t.match(await response.json(), { mine: /^prompt: / })
})

overEach('an owner that is empty is none', async (t, { serve }) => {
  const { post } = await serve(t, { owner: () => '' })
  t.equal((await post()).status, 401)
})

overEach(
  'reading is not for the origin to decide, as CORS does that; starting and stopping is',
  async (t, { serve, fetch }) => {
    const { post, url } = await serve(t)
    const first = await post()
    const events = await readEvents(first)
    const location = url + first.headers.get('location')
    const headers = { origin: 'https://elsewhere.example' }
    t.same(await readEvents(await fetch(location, { headers })), events)
    t.equal((await fetch(location, { method: 'DELETE', headers })).status, 403)
    t.equal((await post({ prompt: 'hello' }, headers)).status, 403)
    const own = await post({ prompt: 'hello' }, { origin: url })
    t.equal(own.status, 200, 'one’s own may')
    await readEvents(own)
  },
)

overEach('with `allowedOrigins: true` every page may start and stop', async (t, { serve, fetch }) => {
  const { post, url } = await serve(t, { allowedOrigins: true })
  const headers = { origin: 'https://elsewhere.example', accept: '*/*' }
  const first = await post({ prompt: 'hello' }, headers)
  await readEvents(first)
  const location = url + first.headers.get('location')
  const json = { ...headers, accept: 'application/json' }
  t.equal((await fetch(location, { method: 'DELETE', headers: json })).status, 204, 'whatever it accepts')
})
