import { StreamingError } from '@sluice/core'
import { expect, test, vi } from 'vitest'
import { type ResumingFetchOptions, resumingFetch } from './index.ts'

interface Sent {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  readonly signal: AbortSignal
}

type Answer = (sent: Sent) => Response | Promise<Response>

const URL_OF_CHAT = 'https://a.example/api/chat'
const LOCATION = '/api/chat/s1'
const STREAM = { 'content-type': 'text/event-stream; charset=utf-8', location: LOCATION }
const POST = { method: 'POST', headers: { 'content-type': 'application/json', 'x-own': '1' }, body: '{}' }
const END = ': end\nid: 9\ndata: [DONE]\n\n'

/** Answers requests in turn, and keeps them. A DELETE is answered with 204. */
function serving(answers: readonly Answer[], options: ResumingFetchOptions = {}) {
  const sent: Sent[] = []
  const left = [...answers]
  const fetch = resumingFetch({
    retry: { baseMs: 0, capMs: 0 },
    ...options,
    fetch: async (input, init) => {
      const request = {
        url: String(input),
        method: init?.method ?? 'GET',
        headers: new Headers(init?.headers),
        signal: init!.signal!,
      }
      sent.push(request)
      if (request.method === 'DELETE') return new Response(null, { status: 204 })
      const answer = left.shift()
      if (answer === undefined) throw new Error(`nothing is left to answer ${request.method} ${request.url}`)
      return answer(request)
    },
  })
  return { fetch, sent }
}

/** A stream of these pieces that then ends, breaks off (`broken`), or stays open until it is aborted (`open`). */
function streamed(pieces: readonly string[], then: 'ends' | 'broken' | 'open' = 'ends'): Answer {
  return ({ signal }) => {
    const encoder = new TextEncoder()
    const body = new ReadableStream<Uint8Array>({
      start(out) {
        for (const piece of pieces) out.enqueue(encoder.encode(piece))
        if (then === 'ends') out.close()
        else signal.addEventListener('abort', () => out.error(signal.reason))
      },
      // What was enqueued is delivered first.
      pull(out) {
        if (then === 'broken') out.error(new TypeError('network error'))
      },
    })
    return new Response(body, { headers: STREAM })
  }
}

const refused =
  (status: number, fields: object = {}): Answer =>
  () =>
    Response.json(fields, { status })

test('an answer that breaks off goes on behind its last whole block, and nothing comes twice', async () => {
  const { fetch, sent } = serving([
    streamed(['id: 1\ndata: a\n\nid: 2\nda', 'ta: b\n\nid: 3\ndata: c'], 'broken'),
    streamed(['id: 3\ndata: c\n\n', END]),
  ])
  const response = await fetch(URL_OF_CHAT, POST)
  expect(await response.text()).toBe(`id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n${END}`)
  expect(sent.map(({ method, url }) => `${method} ${url}`)).toEqual([
    `POST ${URL_OF_CHAT}`,
    'GET https://a.example/api/chat/s1',
  ])
  const { headers } = sent[1]!
  expect(Object.fromEntries(headers)).toEqual({
    accept: 'text/event-stream',
    'last-event-id': '2',
    'x-own': '1',
  })
})

test('a clean end without the mark of an end is asked about, and 204 says that nothing is missing', async () => {
  const { fetch, sent } = serving([
    streamed(['id: 1\ndata: a\n\n']),
    streamed(['id: 2\ndata: b\n\n']),
    () => new Response(null, { status: 204 }),
  ])
  expect(await (await fetch(URL_OF_CHAT, POST)).text()).toBe('id: 1\ndata: a\n\nid: 2\ndata: b\n\n')
  expect(sent.map(({ headers }) => headers.get('last-event-id'))).toEqual([null, '1', '2'])
})

test('a body whose last block has come ends, though its connection stays open', async () => {
  const { fetch, sent } = serving([streamed([END], 'open')])
  expect(await (await fetch(URL_OF_CHAT, POST)).text()).toBe(END)
  expect(sent).toHaveLength(1)
  expect(sent[0]!.signal.aborted).toBe(true)
})

test('a connection that is silent is given up, and resumed', async () => {
  vi.useFakeTimers()
  const { fetch, sent } = serving([streamed(['id: 1\ndata: a\n\n'], 'open'), streamed([END])], {
    silenceMs: 1_000,
  })
  const text = (await fetch(URL_OF_CHAT, POST)).text()
  await vi.advanceTimersByTimeAsync(1_001)
  vi.useRealTimers()
  expect(await text).toBe(`id: 1\ndata: a\n\n${END}`)
  expect(sent[0]!.signal.aborted).toBe(true)
})

test('a POST without an answer is sent again with the same key, and so is one that reached a gateway only', async () => {
  const lost: Answer = () => Promise.reject(new TypeError('fetch failed'))
  const { fetch, sent } = serving([lost, refused(502), streamed([END])])
  expect((await fetch(URL_OF_CHAT, POST)).status).toBe(200)
  const keys = sent.map(({ headers }) => headers.get('idempotency-key'))
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/)
  expect(new Set(keys).size).toBe(1)
  await fetch(URL_OF_CHAT, POST).catch(() => {})
  expect(sent.at(-1)!.headers.get('idempotency-key')).not.toBe(keys[0])
})

test('a key of the client is kept, and a body that can be read once is sent once', async () => {
  const lost: Answer = () => Promise.reject(new TypeError('fetch failed'))
  const { fetch, sent } = serving([streamed([END]), lost])
  await fetch(URL_OF_CHAT, { ...POST, headers: { 'Idempotency-Key': 'k'.repeat(22) } })
  expect(sent[0]!.headers.get('idempotency-key')).toBe('k'.repeat(22))
  const body = new Blob(['{}']).stream()
  await expect(fetch(URL_OF_CHAT, { ...POST, body, duplex: 'half' } as RequestInit)).rejects.toThrow(
    'fetch failed',
  )
  expect(sent[1]!.headers.has('idempotency-key')).toBe(false)
})

test.each([
  ['a refusal', refused(429, { error: 'slow down' })],
  ['JSON', () => Response.json({ done: true }, { headers: { location: LOCATION } })],
  ['nothing', () => new Response(null, { status: 204 })],
  [
    'an event stream that has no address',
    () => new Response('data: x\n\n', { headers: { 'content-type': 'text/event-stream' } }),
  ],
  [
    'an event stream with an address on another origin',
    () => new Response('data: x\n\n', { headers: { ...STREAM, location: 'https://b.example/s1' } }),
  ],
] satisfies [string, Answer][])('%s is returned as it is', async (_, answer) => {
  let given: Response | undefined
  const { fetch } = serving([
    async (sent) => {
      given = await answer(sent)
      return given
    },
  ])
  expect(await fetch(URL_OF_CHAT, POST)).toBe(given)
})

test.each([null, 'te', 'text/event-str'])(
  'a header that was cut behind the content type %j, which Chromium takes for an empty answer, is asked for again',
  async (type) => {
    const cut: Answer = () => new Response('', { headers: type === null ? {} : { 'content-type': type } })
    // A body of text has a type of its own.
    const bare: Answer = async (sent) => {
      const response = await cut(sent)
      if (type === null) response.headers.delete('content-type')
      return response
    }
    const { fetch, sent } = serving([bare, streamed(['id: 1\ndata: a\n\n'], 'broken'), bare, streamed([END])])
    expect(await (await fetch(URL_OF_CHAT, POST)).text()).toBe(`id: 1\ndata: a\n\n${END}`)
    expect(sent.map(({ method }) => method)).toEqual(['POST', 'POST', 'GET', 'GET'])
  },
)

test('an address that was cut is asked for again by the key, as long as nothing has come', async () => {
  const cut: Answer = () => new Response('', { headers: { ...STREAM, location: '/api/ch' } })
  const { fetch, sent } = serving([cut, refused(404), streamed([END])])
  expect(await (await fetch(URL_OF_CHAT, POST)).text()).toBe(END)
  expect(sent.map(({ method, url }) => `${method} ${new URL(url).pathname}`)).toEqual([
    ...['POST /api/chat', 'GET /api/ch', 'POST /api/chat'],
  ])
  const again = serving([streamed(['id: 1\ndata: a\n\n'], 'broken'), refused(404)])
  await expect((await again.fetch(URL_OF_CHAT, POST)).text()).rejects.toMatchObject({ type: 'not_found' })
})

test('an abort of an answer that cannot be resumed ends it, and nothing else', async () => {
  const stop = new AbortController()
  const { fetch, sent } = serving([() => Response.json({})])
  await fetch(URL_OF_CHAT, { ...POST, signal: stop.signal })
  stop.abort()
  expect(sent.map(({ method, signal }) => [method, signal.aborted])).toEqual([['POST', true]])
})

test('a gateway that stays away is answered in its own words in the end', async () => {
  const { fetch } = serving([refused(503), refused(503, { error: 'busy' })], {
    retry: { baseMs: 0, capMs: 0, maxRetries: 1 },
  })
  const response = await fetch(URL_OF_CHAT, POST)
  expect([response.status, await response.json()]).toEqual([503, { error: 'busy' }])
})

test('a resume that is refused is an error of the body, with its type', async () => {
  const { fetch } = serving([
    streamed(['id: 1\ndata: a\n\n'], 'broken'),
    refused(410, { error_type: 'resume_expired', message: 'Gone.' }),
  ])
  const body = (await fetch(URL_OF_CHAT, POST)).text()
  await expect(body).rejects.toMatchObject({ type: 'resume_expired', message: 'Gone.', status: 410 })
})

test('a connection that does not come back is an error of the body, after the retries', async () => {
  const lost: Answer = () => Promise.reject(new TypeError('fetch failed'))
  const waits: unknown[] = []
  const { fetch } = serving([streamed(['id: 1\ndata: a\n\n'], 'broken'), lost, lost], {
    retry: { baseMs: 0, capMs: 0, maxRetries: 2 },
    onWait: (waiting) => waits.push(waiting.for),
  })
  const error = await (await fetch(URL_OF_CHAT, POST)).text().catch((thrown) => thrown)
  expect(error).toBeInstanceOf(StreamingError)
  expect(error).toMatchObject({ type: 'connection_lost', retryCount: 2 })
  expect(waits).toEqual(['retry', 'retry'])
})

test('header fields of the page are made for each request, and afresh after a 401', async () => {
  let made = 0
  const { fetch, sent } = serving(
    [streamed(['id: 1\ndata: a\n\n'], 'broken'), refused(401), streamed([END])],
    {
      headers: ({ unauthorized }) => {
        made += 1
        return { 'x-own': 'page', authorization: `${made}${unauthorized ? ' again' : ''}` }
      },
    },
  )
  await (await fetch(URL_OF_CHAT, POST)).text()
  expect(sent.map(({ headers }) => headers.get('authorization'))).toEqual(['1', '2', '3 again'])
  expect(sent[0]!.headers.get('x-own')).toBe('page')
})

test('an abort is a DELETE of the stream, and the error of the body', async () => {
  const stop = new AbortController()
  const { fetch, sent } = serving([streamed(['id: 1\ndata: a\n\n'], 'open')])
  const response = await fetch(URL_OF_CHAT, { ...POST, signal: stop.signal })
  const reader = response.body!.getReader()
  await reader.read()
  stop.abort()
  await expect(reader.read()).rejects.toMatchObject({ name: 'AbortError' })
  expect(sent[0]!.signal.aborted).toBe(true)
  const { method, url, headers } = sent[1]!
  expect([method, url, headers.get('x-own')]).toEqual(['DELETE', 'https://a.example/api/chat/s1', '1'])
})

test('an abort before there is an answer is a DELETE by the key', async () => {
  const stop = new AbortController()
  const { fetch, sent } = serving([
    ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  ])
  const response = fetch(URL_OF_CHAT, { ...POST, signal: stop.signal })
  await vi.waitFor(() => expect(sent).toHaveLength(1))
  stop.abort()
  await expect(response).rejects.toMatchObject({ name: 'AbortError' })
  expect([sent[1]!.method, sent[1]!.url]).toEqual(['DELETE', URL_OF_CHAT])
  expect(sent[1]!.headers.get('idempotency-key')).toBe(sent[0]!.headers.get('idempotency-key'))
})

test('an abort only disconnects if it is not to cancel, and so does a body that is cancelled, or whole', async () => {
  const stop = new AbortController()
  const open = streamed(['id: 1\ndata: a\n\n'], 'open')
  const quiet = serving([open], { cancelOnAbort: false })
  const response = await quiet.fetch(URL_OF_CHAT, { ...POST, signal: stop.signal })
  stop.abort()
  await expect(response.text()).rejects.toMatchObject({ name: 'AbortError' })
  expect(quiet.sent).toHaveLength(1)

  const later = new AbortController()
  const other = serving([open, streamed([END])])
  await (await other.fetch(URL_OF_CHAT, { ...POST, signal: later.signal })).body!.cancel()
  expect(other.sent[0]!.signal.aborted).toBe(true)
  await (await other.fetch(URL_OF_CHAT, { ...POST, signal: later.signal })).text()
  later.abort()
  expect(other.sent.map(({ method }) => method)).toEqual(['POST', 'POST'])
})

test('a block without an end is refused', async () => {
  const { fetch } = serving([streamed(['data: ', 'x'.repeat(20)])], { maxBlockBytes: 10 })
  await expect((await fetch(URL_OF_CHAT, POST)).text()).rejects.toMatchObject({ type: 'protocol_error' })
})

test('nothing is read of the network before the client reads', async () => {
  let pulled = 0
  const body = new ReadableStream<Uint8Array>(
    {
      pull(out) {
        pulled += 1
        out.enqueue(new TextEncoder().encode(`id: ${pulled}\ndata: a\n\n`))
      },
    },
    { highWaterMark: 0 },
  )
  const { fetch } = serving([() => new Response(body, { headers: STREAM })])
  const response = await fetch(URL_OF_CHAT, POST)
  await new Promise(setImmediate)
  expect(pulled).toBe(0)
  await response.body!.getReader().read()
  expect(pulled).toBe(1)
})

test('a `Request` is sent with its fields and its body, as often as it takes', async () => {
  const bodies: string[] = []
  let fails = 1
  const fetch = resumingFetch({
    retry: { baseMs: 0, capMs: 0 },
    fetch: async (input, init) => {
      bodies.push(await new Request(input, init).text())
      if (fails-- > 0) throw new TypeError('fetch failed')
      return streamed([END])({ signal: init!.signal! } as Sent)
    },
  })
  const response = await fetch(new Request(URL_OF_CHAT, POST))
  expect(await response.text()).toBe(END)
  expect(bodies).toEqual(['{}', '{}'])
})
