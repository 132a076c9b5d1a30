import { streamReply } from '../src/index.ts'
import { overEach } from './support/over-each.ts'
import { plainWire } from './support/plain-wire.ts'

overEach('a route of one’s own answers on a wire, and resumes on it', async (t, { serve, fetch }) => {
  let calls = 0
  const { url } = await serve(t, {
    after: async (app, hub) => {
      await app.register(streamReply, { hub })
      app.post('/mine', (_request, reply) =>
        reply.stream(
          async function* () {
            calls += 1
            yield 'mine '
            yield 'alone'
          },
          { wire: plainWire },
        ),
      )
    },
  })
  // These clients do not ask for an event stream.
  const post = (headers = {}): Promise<Response> =>
    fetch(`${url}/mine`, { method: 'POST', headers: { accept: 'application/json', ...headers } })
  const key = { 'idempotency-key': 'k'.repeat(22) }
  const first = await post(key)
  t.equal(first.status, 200)
  t.equal(first.headers.get('x-plain-wire'), '1')
  const id = first.headers.get('stream-id')
  const all = (await first.text()).replace(/^retry: \d+\n/, '')
  t.match(all, `id: ${id}:3.0.2\ndata: {"delta":"alone","block":2}\n\n`)

  const resumed = await post({ ...key, 'last-event-id': `${id}:2.1.0` })
  t.equal((await resumed.text()).replace(/^retry: \d+\n/, ''), all.slice(all.indexOf(`id: ${id}:3.0.2`)))
  t.equal((await post({ 'last-event-id': `${id}:4.2.2` })).status, 204)
  t.equal(calls, 1)
  for (const [bad, status, type] of [
    ['2.1.0', 400, 'invalid_request'],
    [`${id}:2`, 400, 'invalid_request'],
    [`${id}:9.0.0`, 410, 'resume_expired'],
    ['AAAAAAAAAAAAAAAAAAAAAA:2.1.0', 404, 'not_found'],
  ] as const) {
    const refused = await post({ 'last-event-id': bad })
    t.equal(refused.status, status)
    t.match(await refused.json(), { plain_error: { type, status } })
  }
})

overEach(
  'an answer that may be taken back is refused on a wire that cannot do so',
  async (t, { serve, fetch }) => {
    const { url } = await serve(t, {
      after: async (app, hub) => {
        await app.register(streamReply, { hub })
        app.post('/mine', (_request, reply) =>
          reply.stream(
            async function* () {
              yield 'text'
            },
            { wire: plainWire, retry: { afterFirstChunk: 'restart' } },
          ),
        )
      },
    })
    const response = await fetch(`${url}/mine`, { method: 'POST' })
    t.equal(response.status, 500)
    t.match(await response.json(), { code: 'FST_ERR_SLUICE_OPTION', message: /afterFirstChunk.*'plain'/ })
  },
)

overEach('whatever fails before the stream is said in the form of the wire', async (t, { serve, fetch }) => {
  const { url } = await serve(t, {
    after: async (app, hub) => {
      await app.register(streamReply, {
        hub,
        owner: ({ headers }) => {
          if (headers['x-user'] === 'nobody')
            throw Object.assign(new Error('Pay first.'), { statusCode: 402, code: 'E_PAY' })
          throw new Error('password=hunter2')
        },
      })
      app.post('/mine', (_request, reply) =>
        reply.stream(
          async function* () {
            yield 'text'
          },
          { wire: plainWire },
        ),
      )
    },
  })
  const post = (user: string) => fetch(`${url}/mine`, { method: 'POST', headers: { 'x-user': user } })
  const refused = await post('nobody')
  t.equal(refused.status, 402)
  t.match(await refused.json(), { plain_error: { message: 'Pay first.' } })
  const failed = await post('ann')
  t.equal(failed.status, 500)
  const text = await failed.text()
  t.match(text, /^\{"plain_error":/)
  t.notMatch(text, 'hunter2')
})
