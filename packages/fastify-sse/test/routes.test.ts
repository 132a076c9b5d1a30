import { randomBytes } from 'node:crypto'
import { gate, textOf } from '@sluice/plugin-tests'
import { parseEvents, readError, readEvents, readUntil } from './support/events.ts'
import { overEach } from './support/over-each.ts'

const key = (): string => randomBytes(16).toString('base64url')

overEach('a POST is answered with the events of a new stream', async (t, { serve }) => {
  const { post } = await serve(t)
  const response = await post()
  const streamId = response.headers.get('stream-id')
  t.equal(response.status, 200)
  t.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  t.equal(response.headers.get('cache-control'), 'no-cache, no-transform')
  t.equal(response.headers.get('x-accel-buffering'), 'no')
  t.equal(response.headers.get('location'), `/streams/chat/${streamId}`)

  const text = await response.text()
  const { events, ids } = parseEvents(text)
  t.match(text, /^retry: \d+\nid: /, 'the reconnection time comes first')
  t.equal(text.match(/retry/g)?.length, 1, 'and not at an end that is one')
  t.notMatch(text, /\r/, 'lines end with LF alone')
  t.same(ids, ['1', '2', '3', '4', '5'])
  t.same(
    events.map(({ chunk_id }) => chunk_id),
    [1, 2, 3, 4, 5],
  )
  t.match(events[0], { type: 'stream_start', stream: 'chat', stream_id: streamId })
  t.equal(textOf(events), 'one two three')
  t.match(events.at(-1), { type: 'stream_complete', finish_reason: 'stop', total_chunks: 3 })
})

overEach('the answer begins before the provider has said a word', async (t, { serve }) => {
  const silence = gate()
  const { post } = await serve(t, {
    run: async function* () {
      await silence.opened
      yield 'at last'
    },
  })
  const response = await post()
  const text = await readUntil(response, /stream_start/)
  t.notMatch(text, /at last/)
  silence.open()
})

overEach('a GET goes on after the cursor', async (t, { serve, fetch }) => {
  const { post, url } = await serve(t)
  const first = await post()
  const all = await readEvents(first)
  const location = url + first.headers.get('location')

  const byHeader = await fetch(location, { headers: { 'last-event-id': '2' } })
  t.same(await readEvents(byHeader), all.slice(2))
  const byQuery = await fetch(`${location}?last_chunk_id=4`)
  t.same(await readEvents(byQuery), all.slice(4))
  const both = await fetch(`${location}?last_chunk_id=1`, { headers: { 'last-event-id': '4' } })
  t.same(await readEvents(both), all.slice(4), 'the header wins')
  const fromTheStart = await fetch(location, { headers: { 'last-event-id': '0' } })
  t.same(await readEvents(fromTheStart), all, 'a cursor of 0 is a cursor')
  const neither = await fetch(location)
  t.same(await readEvents(neither), all)
  const empty = await fetch(`${location}?last_chunk_id=4`, { headers: { 'last-event-id': '' } })
  t.same(await readEvents(empty), all.slice(4), 'an empty header is none')
})

overEach(
  'a GET at the last event of a stream that still runs waits for the next',
  async (t, { serve, fetch }) => {
    const rest = gate()
    const { post, url } = await serve(t, {
      run: async function* () {
        yield 'first '
        await rest.opened
        yield 'second'
      },
    })
    const starter = await post()
    const waiting = await fetch(url + starter.headers.get('location'), { headers: { 'last-event-id': '2' } })
    t.equal(waiting.status, 200)
    rest.open()
    t.equal(textOf(await readEvents(waiting)), 'second')
    await readEvents(starter)
  },
)

overEach(
  'two viewers of a running stream get the same events, and one that leaves changes nothing',
  async (t, { serve, fetch }) => {
    const [second, end] = [gate(), gate()]
    const { post, url, hub } = await serve(t, {
      run: async function* () {
        yield 'first '
        await second.opened
        yield 'second '
        await end.opened
        yield 'third'
      },
    })
    const starter = await post()
    const other = await fetch(url + starter.headers.get('location'))
    const leaving = new AbortController()
    const third = await fetch(url + starter.headers.get('location'), { signal: leaving.signal })
    await readUntil(third, /first/)
    leaving.abort()
    second.open()
    end.open()
    const events = await readEvents(starter)
    t.equal(textOf(events), 'first second third')
    t.same(await readEvents(other), events)
    t.same(hub.load, { streams: 0, viewers: 0 })
  },
)

overEach('at the end of an ended stream there is nothing more, which is 204', async (t, { serve, fetch }) => {
  const { post, url } = await serve(t)
  const first = await post()
  const { length } = await readEvents(first)
  const response = await fetch(url + first.headers.get('location'), {
    headers: { 'last-event-id': `${length}` },
  })
  t.equal(response.status, 204)
  t.equal(await response.text(), '')
})

overEach(
  'a DELETE stops the generation; it may be repeated, also when the stream has ended',
  async (t, { serve, fetch }) => {
    const stopped = gate()
    const { post, url } = await serve(t, {
      run: async function* ({ signal }) {
        signal.addEventListener('abort', stopped.open)
        yield 'begun'
        await stopped.opened
      },
    })
    const response = await post()
    const location = url + response.headers.get('location')
    t.equal((await fetch(location, { method: 'DELETE' })).status, 204)
    await stopped.opened
    const events = await readEvents(response)
    t.match(events.at(-1), { type: 'stream_cancelled', reason: 'cancelled' })
    t.equal((await fetch(location, { method: 'DELETE' })).status, 204)
    t.same(await readEvents(await fetch(location)), events, 'nothing was appended')
  },
)

overEach('a repeated POST with the same key leads to the same stream', async (t, { serve }) => {
  let generations = 0
  const { post } = await serve(t, {
    run: async function* () {
      generations += 1
      yield `generation ${generations}`
    },
  })
  const headers = { 'idempotency-key': key() }
  const responses = await Promise.all([post({ prompt: 'a' }, headers), post({ prompt: 'a' }, headers)])
  responses.push(await post({ prompt: 'a' }, headers))
  const ids = new Set(responses.map((response) => response.headers.get('stream-id')))
  t.equal(ids.size, 1)
  for (const response of responses) t.equal(textOf(await readEvents(response)), 'generation 1')
  t.equal(generations, 1)

  const other = await post({ prompt: 'b' }, headers)
  t.equal(other.status, 422, 'another input with the same key')
  t.match(await readError(other), { error_type: 'conflict', statusCode: 422 })
})

overEach('a start can be cancelled by its key, before and after it arrives', async (t, { serve, fetch }) => {
  const stopped = gate()
  let generations = 0
  const { post, url } = await serve(t, {
    run: async function* ({ signal }) {
      generations += 1
      signal.addEventListener('abort', stopped.open)
      yield 'begun'
      await stopped.opened
    },
  })
  const cancel = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${url}/streams/chat`, { method: 'DELETE', headers })

  const late = { 'idempotency-key': key() }
  t.equal((await cancel(late)).status, 204)
  const refused = await post({ prompt: 'a' }, late)
  t.equal(refused.status, 409)
  t.match(await readError(refused), { error_type: 'conflict' })
  t.equal(generations, 0)

  const early = { 'idempotency-key': key() }
  const response = await post({ prompt: 'a' }, early)
  t.equal((await cancel(early)).status, 204)
  await stopped.opened
  t.match((await readEvents(response)).at(-1), { type: 'stream_cancelled' })

  const without = await cancel({})
  t.equal(without.status, 400)
  t.match((await readError(without)).message, /Idempotency-Key/)
})
