import { gate, textOf } from '@sluice/plugin-tests'
import { parseEvents, readError, readEvents } from './support/events.ts'
import { overEach } from './support/over-each.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const body = JSON.stringify({ prompt: 'hello' })

overEach('a GET with a thread leads to the stream that runs in it', async (t, { serve, fetch }) => {
  const word = gate()
  const { url } = await serve(t, {
    run: async function* () {
      yield 'one '
      await word.opened
      yield 'two'
    },
  })
  const streams = `${url}/streams/chat`
  t.equal((await fetch(`${streams}?thread=trip`)).status, 204, 'nothing runs')
  const started = await fetch(streams, {
    method: 'POST',
    headers: { ...JSON_TYPE, 'thread-id': 'trip' },
    body,
  })
  const found = await fetch(`${streams}?thread=trip`)
  t.equal(found.status, 200)
  t.equal(found.headers.get('stream-id'), started.headers.get('stream-id'))
  t.equal(found.headers.get('location'), started.headers.get('location'))
  t.equal((await fetch(`${streams}?thread=other`)).status, 204)
  word.open()
  const streamId = found.headers.get('stream-id')
  const { events, ids } = parseEvents(await found.text())
  t.equal(textOf(events), 'one two')
  t.same(
    ids,
    [1, 2, 3, 4].map((chunkId) => `${streamId}:${chunkId}`),
  )
  t.equal((await fetch(`${streams}?thread=trip`)).status, 204, 'nothing runs any more')
  await started.text()
})

overEach('an EventSource that reconnects stays with its stream', async (t, { serve, fetch }) => {
  const { url } = await serve(t)
  const start = async () => {
    const response = await fetch(`${url}/streams/chat`, {
      method: 'POST',
      headers: { ...JSON_TYPE, 'thread-id': 'trip' },
      body,
    })
    const streamId = response.headers.get('stream-id')
    return { streamId, events: await readEvents(response) }
  }
  const first = await start()
  await start()
  const again = (id: string) => fetch(`${url}/streams/chat?thread=trip`, { headers: { 'last-event-id': id } })
  t.same(await readEvents(await again(`${first.streamId}:2`)), first.events.slice(2))
  t.equal((await again(`${first.streamId}:${first.events.length}`)).status, 204)
  t.equal((await again('2')).status, 400, 'a cursor that names no stream could be of any')
})

overEach('a DELETE with a thread stops what runs in it', async (t, { serve, fetch }) => {
  const { url } = await serve(t, {
    run: async function* ({ signal }) {
      yield 'so far'
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
  })
  const streams = `${url}/streams/chat`
  const started = await fetch(streams, {
    method: 'POST',
    headers: { ...JSON_TYPE, 'thread-id': 'trip' },
    body,
  })
  const cancel = async (thread: string) =>
    (await fetch(`${streams}?thread=${thread}`, { method: 'DELETE' })).status
  t.equal(await cancel('other'), 204, 'nothing runs in it')
  t.equal(await cancel('trip'), 204)
  t.match((await readEvents(started)).at(-1), { type: 'stream_cancelled' })
  t.equal(await cancel('trip'), 204, 'nothing runs any more')
  t.equal(await cancel('a%20b'), 400)
})

overEach('a thread that is none is refused, and named', async (t, { serve, fetch }) => {
  const { url } = await serve(t)
  const streams = `${url}/streams/chat`
  for (const thread of ['a b', 'x'.repeat(129), 'é']) {
    const asked = await fetch(`${streams}?thread=${encodeURIComponent(thread)}`)
    t.equal(asked.status, 400)
    t.match(await readError(asked), {
      message: /^thread: has to be 1 to 128/,
      issues: [{ path: ['thread'] }],
    })
  }
  t.match(await readError(await fetch(streams)), { statusCode: 400, message: /^thread: is missing/ })
  const headers = { ...JSON_TYPE, 'thread-id': 'x'.repeat(129) }
  const started = await fetch(streams, { method: 'POST', headers, body })
  t.equal(started.status, 400)
  t.match(await readError(started), {
    message: /^Thread-Id: has to be 1 to 128/,
    issues: [{ path: ['Thread-Id'] }],
  })
})
