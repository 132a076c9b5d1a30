import { once } from 'node:events'
import { gate, textOf } from '@sluice/plugin-tests'
import { EventSource } from 'eventsource'
import { type StreamThunk, streamReply } from '../src/index.ts'
import { parseEvents, readError, readEvents } from './support/events.ts'
import { overEach } from './support/over-each.ts'

overEach(
  'a route of one’s own streams what it is given, with ids that name the stream',
  async (t, { serve, fetch }) => {
    const { url } = await serve(t, {
      after: async (app, hub) => {
        await app.register(streamReply, { hub, allowMissingFetchMetadata: true })
        app.get('/mine', (_request, reply) =>
          reply.stream(async function* () {
            yield 'mine '
            yield 'alone'
          }),
        )
      },
    })
    const response = await fetch(`${url}/mine`)
    const { events, ids } = parseEvents(await response.text())
    const streamId = response.headers.get('stream-id')
    t.equal(textOf(events), 'mine alone')
    t.match(events[0], { type: 'stream_start', stream: '/mine' })
    t.same(ids, [`${streamId}:1`, `${streamId}:2`, `${streamId}:3`, `${streamId}:4`])
  },
)

overEach(
  'a route that was there before the plugin streams too, and HEAD gets the headers alone',
  async (t, { serve, fetch }) => {
    const { url, hub } = await serve(t, {
      after: async (app, hub) => {
        const answer = async function* () {
          yield 'mine '
          yield 'alone'
        }
        app.get('/before', (_request, reply) => reply.stream(answer))
        await app.register(streamReply, { hub, allowMissingFetchMetadata: true })
        app.get('/after', (_request, reply) => reply.stream(answer))
      },
    })
    for (const path of ['/before', '/after']) {
      t.equal(textOf(await readEvents(await fetch(url + path))), 'mine alone')
      const head = await fetch(url + path, { method: 'HEAD' })
      t.equal(head.headers.get('content-type'), 'text/event-stream; charset=utf-8')
      t.equal(await head.text(), '')
    }
    t.equal(hub.load.viewers, 0)
  },
)

overEach('a viewer who comes back goes on, and the answer is not made again', async (t, { serve, fetch }) => {
  let calls = 0
  const { url } = await serve(t, {
    after: async (app, hub) => {
      await app.register(streamReply, { hub, allowMissingFetchMetadata: true })
      app.get('/mine', (_request, reply) =>
        reply.stream(async function* () {
          calls += 1
          yield 'mine '
          yield 'alone'
        }),
      )
    },
  })
  const first = await fetch(`${url}/mine`)
  const events = await readEvents(first)
  const streamId = first.headers.get('stream-id')
  const at = (id: string): Promise<Response> => fetch(`${url}/mine`, { headers: { 'last-event-id': id } })
  t.same(await readEvents(await at(`${streamId}:2`)), events.slice(2))
  t.equal((await at(`${streamId}:4`)).status, 204)
  t.equal((await at(`${streamId}:5`)).status, 410)
  t.equal((await at('AAAAAAAAAAAAAAAAAAAAAA:1')).status, 404)
  t.equal((await at('4')).status, 400)
  t.equal(calls, 1)
  await readEvents(await at(''))
  t.equal(calls, 2, 'an empty id is none')
})

overEach(
  'the npm package eventsource reconnects by itself, and stops at the end',
  async (t, { serve, fetch }) => {
    const [cut, rest] = [gate(), gate()]
    const { url, app } = await serve(t, {
      retryMs: 20,
      after: async (app, hub) => {
        await app.register(streamReply, { hub, allowMissingFetchMetadata: true, retryMs: 20 })
        app.get('/mine', (_request, reply) =>
          reply.stream(async function* () {
            yield 'before the cut, '
            cut.open()
            await rest.opened
            yield 'after it'
          }),
        )
      },
    })
    let requests = 0
    app.server.on('request', () => {
      requests += 1
    })
    app.server.on('connection', (socket) => {
      if (requests === 0) void cut.opened.then(() => setImmediate(() => socket.resetAndDestroy()))
    })
    const source = new EventSource(`${url}/mine`, { fetch })
    t.teardown(() => source.close())
    const contents: string[] = []
    source.onmessage = ({ data }) => {
      const event = JSON.parse(data)
      if (event.type === 'content_chunk') contents.push(event.content)
    }
    await once(source, 'error')
    rest.open()
    while (source.readyState !== EventSource.CLOSED) await once(source, 'error')
    t.equal(contents.join(''), 'before the cut, after it')
    t.ok(requests >= 3, 'the first, the one after the cut, and the one that is answered 204')
  },
)

overEach('what is no function is refused by name', async (t, { serve, fetch }) => {
  const { url } = await serve(t, {
    after: async (app, hub) => {
      await app.register(streamReply, { hub, allowMissingFetchMetadata: true })
      const text: unknown = 'text'
      app.get('/mine', (_request, reply) => reply.stream(text as StreamThunk))
    },
  })
  const response = await fetch(`${url}/mine`)
  t.equal(response.status, 500)
  t.match(await readError(response), { code: 'FST_ERR_SLUICE_THUNK', message: /got string/ })
})
