import { once } from 'node:events'
import { connect } from 'node:net'
import { type Readable, Transform } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Wire } from '@sluice/core/transport'
import { type Gate, gate, type Script } from '@sluice/plugin-tests'
import Fastify, { type FastifyPluginAsync } from 'fastify'
import { type Test, test } from 'tap'
import { streamServer, type ViewingOptions } from '../src/index.ts'
import { readUntil } from './support/events.ts'
import { overEach } from './support/over-each.ts'
import { countingWire, plainWire } from './support/plain-wire.ts'
import { serve, type TestServer, type TestServerOptions } from './support/server.ts'

/** A plugin as `@sluice/wires` has them: a start, a resume, a cancel, and an answer as a whole. */
function routesOf(wire: Wire): FastifyPluginAsync<ViewingOptions> {
  return async (app, given) => {
    const server = streamServer(app, given, { errorBody: wire.errorBody })
    const { hub, authorize } = server.options
    app.post('/ask', async (request, reply) => {
      const owner = await server.ownerOf(request)
      const cursor = server.lastEventId(request)
      const key = request.headers['idempotency-key'] as string | undefined
      const handle = await hub.start({
        stream: 'chat',
        input: request.body,
        owner,
        scope: server.scopeOf(request),
        authorize,
        idempotencyKey: key,
        isRepeat: cursor !== undefined,
      })
      reply.header('location', `${app.prefix}/ask/${handle.record.streamId}`)
      return server.send(reply, handle, { wire, cursor })
    })
    app.get<{ Params: { id: string }; Querystring: { after_messages?: string; empty?: string } }>(
      '/ask/:id',
      async (request, reply) => {
        const owner = await server.ownerOf(request)
        const scope = server.scopeOf(request, ['id'])
        const handle = await hub.find({
          stream: 'chat',
          streamId: request.params.id,
          owner,
          scope,
          authorize,
        })
        const { after_messages, empty } = request.query
        return server.send(reply, handle, {
          wire,
          cursor: server.lastEventId(request),
          afterMessages: after_messages === undefined ? undefined : Number(after_messages),
          ifNothingLeft: empty === undefined ? 204 : 200,
        })
      },
    )
    app.post('/whole', async (request, reply) => {
      const handle = await hub.start({ stream: 'chat', input: request.body, owner: undefined })
      let text = ''
      for await (const event of server.read(reply, handle)) {
        if (event.type === 'content_chunk') text += event.content
      }
      return { text }
    })
  }
}

interface WireOptions extends Partial<ViewingOptions>, Pick<TestServerOptions, 'isShared' | 'limits'> {
  readonly wire?: Wire
}

type Serve = (t: Test, options?: TestServerOptions) => Promise<TestServer>

function serveWire(
  t: Test,
  serve: Serve,
  run: Script,
  { wire = plainWire, isShared, limits, ...options }: WireOptions = {},
): Promise<TestServer> {
  return serve(t, {
    run,
    isShared,
    limits,
    after: (app, hub) => {
      app.register(routesOf(wire), { hub, prefix: '/wire', owner: false, ...options })
    },
  })
}

const twoBlocks: Script = async function* () {
  yield 'one "and" '
  yield 'more, '
  yield { type: 'data', name: 'note', data: 1 }
  yield 'Zürich 😀\n'
  yield 'end'
}

const begunUntil = (end: Gate): Script =>
  async function* () {
    yield 'begun'
    await end.opened
  }

const ask = (body: unknown = { prompt: 'hello' }, headers = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})

/** The messages of a body, each with its fields. */
function messagesOf(text: string): string[] {
  return text
    .split('\n\n')
    .map((message) => message.replace(/^(?:retry: \d+\n|:\n)+/, ''))
    .filter((message) => message !== '')
}

function idOf(message: string): string {
  return /^id: (\S+)$/m.exec(message)?.[1] ?? ''
}

overEach('a stream is served on a wire, with its header fields', async (t, { serve, fetch }) => {
  const { url } = await serveWire(t, serve, twoBlocks)
  const response = await fetch(`${url}/wire/ask`, ask())
  t.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  t.equal(response.headers.get('x-plain-wire'), '1')
  t.match(response.headers.get('location'), /^\/wire\/ask\/[\w-]{22}$/)
  t.same(messagesOf(await response.text()), [
    'id: 2.0.0\nevent: begin\ndata: {"block":2}',
    'id: 2.1.0\ndata: {"delta":"one \\"and\\" ","block":2}',
    'id: 3.0.2\ndata: {"delta":"more, ","block":2}',
    'id: 4.0.2\nevent: end\ndata: {"block":2}',
    'id: 4.1.2\ndata: {"note":1}',
    'id: 5.0.0\nevent: begin\ndata: {"block":5}',
    'id: 5.1.0\ndata: {"delta":"Zürich 😀\\n","block":5}',
    'id: 6.0.5\ndata: {"delta":"end","block":5}',
    'id: 7.0.5\nevent: end\ndata: {"block":5}',
    'id: 7.1.5\ndata: {"finished":"stop"}',
    ': end\nid: 7.2.5\ndata: [DONE]',
  ])
})

for (const wire of [plainWire, countingWire]) {
  overEach(
    `from each message on, a resume gives what followed (${wire.name})`,
    async (t, { serve, fetch }) => {
      const { url } = await serveWire(t, serve, twoBlocks, { wire })
      const first = await fetch(`${url}/wire/ask`, ask())
      const location = url + first.headers.get('location')
      const all = messagesOf(await first.text())
      for (const [index, message] of all.entries()) {
        const rest = await fetch(location, { headers: { 'last-event-id': idOf(message) } })
        t.equal(rest.status, index === all.length - 1 ? 204 : 200)
        t.same(messagesOf(await rest.text()), all.slice(index + 1), idOf(message))
        const counted = await fetch(`${location}?after_messages=${index + 1}&empty`)
        t.equal(counted.status, 200)
        t.same(messagesOf(await counted.text()), all.slice(index + 1))
      }
      t.same(messagesOf(await (await fetch(location)).text()), all)
    },
  )
}

overEach('a viewer that comes in the middle reads on with the others', async (t, { serve, fetch }) => {
  const [middle, end] = [gate(), gate()]
  const { url } = await serveWire(t, serve, async function* () {
    yield 'a '
    yield 'b '
    await middle.opened
    yield 'c '
    yield { type: 'data', name: 'note', data: 1 }
    yield 'd '
    await end.opened
    yield 'e'
  })
  const first = await fetch(`${url}/wire/ask`, ask())
  const location = url + first.headers.get('location')
  const resumed = await fetch(location, { headers: { 'last-event-id': '2.0.0' } })
  const fromStart = await fetch(location)
  middle.open()
  await readUntil(fromStart.clone(), /"d "/)
  end.open()
  const all = messagesOf(await first.text())
  t.same(messagesOf(await resumed.text()), all.slice(1))
  t.same(messagesOf(await fromStart.text()), all)
  t.equal(all.length, 12)
})

overEach('errors before the stream are in the form of the wire', async (t, { serve, fetch }) => {
  const { url } = await serveWire(t, serve, twoBlocks)
  const first = await fetch(`${url}/wire/ask`, ask())
  const location = url + first.headers.get('location')
  await first.text()
  const refusals: [string, string, RequestInit, number, string][] = [
    ['a wrong input', '/wire/ask', ask({ wrong: 1 }), 400, 'invalid_request'],
    ['no JSON', '/wire/ask', { ...ask(), body: '{' }, 400, 'invalid_request'],
    ['another site', '/wire/ask', ask({}, { origin: 'https://evil.example' }), 403, 'permission_denied'],
    ['no key', '/wire/ask', ask({ prompt: 'x' }, { 'last-event-id': '2.0.0' }), 410, 'resume_expired'],
    ['no such stream', '/wire/ask/AAAAAAAAAAAAAAAAAAAAAA', {}, 404, 'not_found'],
  ]
  for (const [why, path, init, status, type] of refusals) {
    const response = await fetch(url + path, init)
    t.equal(response.status, status, why)
    t.equal(response.headers.get('content-type'), 'application/json; charset=utf-8')
    t.match(await response.json(), { plain_error: { type, status } }, why)
  }
  const cursors: [string, number][] = [
    ['x', 400],
    ['3', 400],
    ['3.0.3', 400],
    ['3.1.2', 410],
    ['8.0.0', 410],
    ['7.3.5', 410],
    ['999999999999999.0.0', 410],
  ]
  for (const [cursor, status] of cursors) {
    const response = await fetch(location, { headers: { 'last-event-id': cursor } })
    t.equal(response.status, status, cursor)
    t.match(await response.json(), { plain_error: { message: /Last-Event-ID|stream has/ } }, cursor)
  }
})

overEach('a HEAD of a stream on a wire has its header, and no viewer', async (t, { serve, fetch }) => {
  const end = gate()
  const { url, hub } = await serveWire(t, serve, begunUntil(end))
  const first = await fetch(`${url}/wire/ask`, ask())
  const head = await fetch(url + first.headers.get('location'), { method: 'HEAD' })
  t.equal(head.status, 200)
  t.equal(await head.text(), '')
  end.open()
  await first.text()
  while (hub.load.viewers > 0) await nextTurn()
})

overEach('a hook that reads what is sent sees the same messages', async (t, { serve, fetch }) => {
  const seen: string[] = []
  const { url } = await serve(t, {
    run: twoBlocks,
    after: (app, hub) => {
      app.register(async (scope) => {
        scope.addHook('onSend', async (_request, _reply, body) =>
          (body as Readable).pipe(
            new Transform({
              transform(bytes, _encoding, done) {
                seen.push(String(bytes))
                done(null, bytes)
              },
            }),
          ),
        )
        await scope.register(routesOf(plainWire), { hub, prefix: '/wire', owner: false })
      })
    },
  })
  const text = await (await fetch(`${url}/wire/ask`, ask())).text()
  t.equal(seen.join(''), text)
  t.equal(messagesOf(text).length, 11)
})

test('options that are not valid are refused when the plugin is registered', async (t) => {
  const app = Fastify()
  app.register(routesOf(plainWire), { hub: {} } as ViewingOptions)
  await t.rejects(async () => await app.ready(), { code: 'FST_ERR_SLUICE_OPTION', message: /hub has to be/ })
})

overEach('an answer as a whole is read to its end', async (t, { serve, fetch }) => {
  const { url, hub } = await serveWire(t, serve, twoBlocks)
  t.same(await (await fetch(`${url}/wire/whole`, ask())).json(), { text: 'one "and" more, Zürich 😀\nend' })
  t.equal(hub.load.viewers, 0)
})

const begun: Script = async function* ({ signal }) {
  yield 'begun'
  await once(signal, 'abort')
}

overEach(
  'only the end of the answer ends a body: a server that goes away cuts it',
  async (t, { serve, fetch }) => {
    const { url, hub } = await serveWire(t, serve, begun, { isShared: true })
    const response = await fetch(`${url}/wire/ask`, ask())
    const seen = readUntil(response, /never/)
    const closed = hub.close()
    await t.rejects(seen, /terminated|aborted|network|reset|stream/i)
    await closed
  },
)

test('a body without chunks, which the end of its connection would end, is reset', async (t) => {
  const { url, port, hub } = await serveWire(t, serve, begun, { isShared: true })
  const response = await fetch(`${url}/wire/ask`, ask())
  const location = response.headers.get('location')
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET ${location} HTTP/1.0\r\n\r\n`)
  let text = ''
  socket.setEncoding('utf8').on('data', (data: string) => {
    text += data
    if (text.includes('begun')) void hub.close()
  })
  await t.rejects(once(socket, 'end'), { code: 'ECONNRESET' })
  t.notMatch(text, /chunked/)
})

overEach('one viewer too many gets an error that its client understands', async (t, { serve, fetch }) => {
  const end = gate()
  const { url } = await serveWire(t, serve, begunUntil(end), { maxViewers: 1 })
  const first = await fetch(`${url}/wire/ask`, ask())
  const refused = await fetch(url + first.headers.get('location'))
  t.equal(refused.status, 503)
  t.match(refused.headers.get('retry-after'), /^\d+$/)
  t.match(await refused.json(), { plain_error: { type: 'capacity' } })
  end.open()
  await first.text()
})

overEach('one viewer too many for the hub is cut', async (t, { serve, fetch }) => {
  const end = gate()
  const { url } = await serveWire(t, serve, begunUntil(end), { limits: { maxViewers: 1 } })
  const first = await fetch(`${url}/wire/ask`, ask())
  await t.rejects(fetch(url + first.headers.get('location')).then((response) => response.text()))
  end.open()
  await first.text()
})

overEach('a client that leaves an answer as a whole leaves the stream', async (t, { serve, fetch }) => {
  const { url, hub } = await serveWire(t, serve, begun)
  const leave = new AbortController()
  const whole = fetch(`${url}/wire/whole`, { ...ask(), signal: leave.signal })
  while (hub.load.viewers === 0) await nextTurn()
  leave.abort()
  await t.rejects(whole)
  while (hub.load.viewers > 0) await nextTurn()
})
