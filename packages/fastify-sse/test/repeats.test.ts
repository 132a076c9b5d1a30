import { gate } from '@sluice/plugin-tests'
import { readError, readEvents } from './support/events.ts'
import { overEach } from './support/over-each.ts'

const KEY = { 'idempotency-key': 'AAAAAAAAAAAAAAAAAAAAAAAA' }

overEach(
  'a repeated start of a stream that was withdrawn is 404, as a GET is',
  async (t, { serve, fetch }) => {
    let isShared = true
    const { post, url } = await serve(t, { owner: () => 'ann', authorize: () => isShared })
    const first = await post(undefined, KEY)
    const location = url + first.headers.get('location')
    await first.text()
    t.equal((await post(undefined, KEY)).status, 200)
    isShared = false
    const [repeat, read] = [await post(undefined, KEY), await fetch(location)]
    t.equal(repeat.status, 404)
    t.equal(read.status, 404)
    t.equal(await repeat.text(), await read.text())
  },
)

overEach('a repeated start with a cursor continues after it', async (t, { serve }) => {
  let calls = 0
  const { post } = await serve(t, {
    run: async function* () {
      calls += 1
      yield 'one '
      yield 'two'
    },
  })
  const events = await readEvents(await post(undefined, KEY))
  const at = (cursor: string) => post(undefined, { ...KEY, 'last-event-id': cursor })
  t.same(await readEvents(await at('2')), events.slice(2))
  t.equal((await at('4')).status, 204)
  t.equal((await at('5')).status, 410)
  t.equal((await at('x')).status, 400)
  t.equal(calls, 1)
})

overEach('a start with a cursor whose stream is not there generates nothing', async (t, { serve }) => {
  let calls = 0
  const { post } = await serve(t, {
    run: async function* () {
      calls += 1
      yield 'never'
    },
  })
  for (const headers of [KEY, {}]) {
    const response = await post(undefined, { ...headers, 'last-event-id': '2' })
    t.equal(response.status, 410)
    t.match(await readError(response), { error_type: 'resume_expired', message: /Idempotency-Key/ })
  }
  t.equal(calls, 0)
})

overEach(
  'the cursor may stand in the query, by the name that libraries use too',
  async (t, { serve, fetch }) => {
    const { post, url } = await serve(t)
    const first = await post()
    const events = await readEvents(first)
    const location = url + first.headers.get('location')
    for (const name of ['last_chunk_id', 'lastEventId']) {
      t.same(await readEvents(await fetch(`${location}?${name}=3`)), events.slice(3), name)
      t.equal((await fetch(`${location}?${name}=x`)).status, 400)
    }
    t.same(await readEvents(await fetch(`${location}?lastEventId=`)), events, 'an empty one is none')
    const header = { 'last-event-id': '4' }
    t.same(await readEvents(await fetch(`${location}?lastEventId=1`, { headers: header })), events.slice(4))
  },
)

overEach('neither `retry:` nor a heartbeat has an empty line of its own', async (t, { serve }) => {
  const rest = gate()
  const { post } = await serve(t, {
    heartbeatMs: 20,
    run: async function* () {
      await rest.opened
      yield 'said'
    },
  })
  const response = await post()
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while ((text.match(/^:$/gm) ?? []).length < 3) text += (await reader.read()).value
  rest.open()
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) text += piece.value
  // Each block that an empty line ends is an event.
  for (const block of text.split('\n\n').slice(0, -1)) t.match(block, /^data: /m)
})
