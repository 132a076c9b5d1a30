import { once } from 'node:events'
import { gate } from '@sluice/plugin-tests'
import { EventSource } from 'eventsource'
import { readEvents, readUntil } from './support/events.ts'
import { overEach } from './support/over-each.ts'

overEach(
  'one viewer too many is told to come back, in a way that no EventSource stops for',
  async (t, { serve, fetch }) => {
    const rest = gate()
    const { post, url } = await serve(t, {
      maxViewers: 1,
      retryMs: 30,
      run: async function* () {
        yield 'begun, '
        await rest.opened
        yield 'done'
      },
    })
    const first = await post()
    const location = url + first.headers.get('location')
    const refused = await fetch(location)
    t.equal(refused.status, 200)
    t.match(await refused.text(), /^retry: \d+\n$/)
    t.match(await (await fetch(location)).text(), /^retry: \d+\n$/, 'and the next one too')

    const source = new EventSource(location, { fetch })
    t.teardown(() => source.close())
    await once(source, 'error')
    t.equal(source.readyState, EventSource.CONNECTING, 'it tries again')
    rest.open()
    await readEvents(first)
    const contents: string[] = []
    source.onmessage = ({ data }) => contents.push(JSON.parse(data).content ?? '')
    while (source.readyState !== EventSource.CLOSED) await once(source, 'error')
    t.equal(contents.join(''), 'begun, done')
  },
)

overEach('the hub’s own limit of viewers is told in the same way', async (t, { serve, fetch }) => {
  const rest = gate()
  const { post, url } = await serve(t, {
    limits: { maxViewers: 1 },
    run: async function* () {
      yield 'begun'
      await rest.opened
    },
  })
  const first = await post()
  const refused = await fetch(url + first.headers.get('location'))
  t.equal(refused.status, 200)
  t.match(await refused.text(), /^retry: \d+\n$/)
  rest.open()
  await readEvents(first)
})

overEach(
  'what fails when a viewer comes is for the log, and its answer ends',
  async (t, { serve, fetch }) => {
    const lines: string[] = []
    const { post, url, hub } = await serve(t, {
      fastify: { logger: { level: 'error', stream: { write: (line: string) => lines.push(line) } } },
    })
    const first = await post()
    await readEvents(first)
    const find = hub.find.bind(hub)
    hub.find = async (wanted) =>
      Object.assign(await find(wanted), {
        attach() {
          throw new TypeError('a defect')
        },
      })
    const response = await fetch(url + first.headers.get('location'))
    t.match(await response.text(), /^retry: \d+\n$/)
    t.match(lines.join(''), /a defect/)
  },
)

overEach('a start where there is no room for a stream is 503, with Retry-After', async (t, { serve }) => {
  const rest = gate()
  const { post } = await serve(t, {
    limits: { maxStreams: 1 },
    run: async function* () {
      yield 'begun'
      await rest.opened
    },
  })
  const first = await post()
  await readUntil(first, /begun/)
  const refused = await post()
  t.equal(refused.status, 503)
  t.equal(refused.headers.get('retry-after'), '1')
  t.match(await refused.json(), { error_type: 'capacity', recoverable: true, retry_after: 1 })
  rest.open()
})

overEach(
  'with flushMs events wait for more of them, but not the first and not the last',
  async (t, { serve }) => {
    const { post } = await serve(t, {
      flushMs: 40,
      run: async function* () {
        for (let index = 0; index < 50; index++) {
          yield `${index} `
          await new Promise((resolve) => setImmediate(resolve))
        }
      },
    })
    const response = await post()
    let pieces = 0
    for await (const piece of response.body!) if (piece.length > 0) pieces += 1
    // The reconnection time, the start with the first chunk, and a few more; not fifty.
    t.ok(pieces < 20, `${pieces} pieces`)
  },
)
