import { once } from 'node:events'
import { EventSource } from 'eventsource'
import { test } from 'tap'
import { readEvents, readUntil } from './support/events.ts'
import { gate } from './support/gate.ts'
import { serve } from './support/server.ts'

test('one viewer too many is told to come back, in a way that no EventSource stops for', async (t) => {
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
  t.match(await refused.text(), /^retry: \d+\n\n$/)

  const source = new EventSource(location)
  t.teardown(() => source.close())
  await once(source, 'error')
  t.equal(source.readyState, EventSource.CONNECTING, 'it tries again')
  rest.open()
  await readEvents(first)
  const contents: string[] = []
  source.onmessage = ({ data }) => contents.push(JSON.parse(data).content ?? '')
  while (source.readyState !== EventSource.CLOSED) await once(source, 'error')
  t.equal(contents.join(''), 'begun, done')
})

test('the hub’s own limit of viewers is told in the same way', async (t) => {
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
  t.match(await refused.text(), /^retry: \d+\n\n$/)
  rest.open()
  await readEvents(first)
})

test('a start where there is no room for a stream is 503, with Retry-After', async (t) => {
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

test('with flushMs events wait for more of them, but not the first and not the last', async (t) => {
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
})
