import { readError, readEvents } from './support/events.ts'
import { overEach } from './support/over-each.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const SAME_ANSWER = 'There is no such stream, or it is not yours.'

interface Case {
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly status: number
  readonly errorType: string
  readonly names: RegExp
}

const cases: Record<string, Case> = {
  'an unknown stream': { path: '/streams/poem', status: 404, errorType: 'not_found', names: /'poem'.*chat/ },
  'JSON that is none': { body: '{"prompt":', status: 400, errorType: 'invalid_request', names: /JSON/ },
  'no body': { body: '', status: 400, errorType: 'invalid_request', names: /body/i },
  'a missing field': { body: '{}', status: 400, errorType: 'invalid_request', names: /^prompt: / },
  'a wrong type': {
    body: '{"prompt":5}',
    status: 400,
    errorType: 'invalid_request',
    names: /^prompt: .*string/,
  },
  'an input that is no object': { body: '[]', status: 400, errorType: 'invalid_request', names: /^input: / },
  'a body too large': {
    body: JSON.stringify({ prompt: 'x'.repeat(2_000_000) }),
    status: 413,
    errorType: 'invalid_request',
    names: /too large/,
  },
  'a body that is not JSON': {
    headers: { 'content-type': 'text/plain' },
    status: 415,
    errorType: 'invalid_request',
    names: /^Content-Type: .*text\/plain/,
  },
  'an answer that nobody can read': {
    headers: { ...JSON_TYPE, accept: 'application/json' },
    status: 406,
    errorType: 'invalid_request',
    names: /^Accept: /,
  },
  'a method that is not for this URL': {
    method: 'PUT',
    status: 405,
    errorType: 'invalid_request',
    names: /PUT.*POST/,
  },
  'another site’s page': {
    headers: { ...JSON_TYPE, origin: 'https://elsewhere.example' },
    status: 403,
    errorType: 'permission_denied',
    names: /^Origin: .*elsewhere/,
  },
  'a page with no origin to speak of': {
    headers: { ...JSON_TYPE, origin: 'null' },
    status: 403,
    errorType: 'permission_denied',
    names: /^Origin: /,
  },
  'a key that can be guessed': {
    headers: { ...JSON_TYPE, 'idempotency-key': 'short' },
    status: 400,
    errorType: 'invalid_request',
    names: /^Idempotency-Key: /,
  },
  'a stream that does not exist': {
    method: 'GET',
    path: '/streams/chat/AAAAAAAAAAAAAAAAAAAAAA',
    status: 404,
    errorType: 'not_found',
    names: new RegExp(SAME_ANSWER),
  },
}

overEach(
  'bad input is a JSON error that names the problem, and the server goes on',
  async (t, { serve, fetch }) => {
    const { url, post } = await serve(t)
    const warnings: Error[] = []
    const onWarning = (warning: Error) => warnings.push(warning)
    process.on('warning', onWarning)
    t.teardown(() => process.off('warning', onWarning))
    for (const [name, bad] of Object.entries(cases)) {
      await t.test(name, async (t) => {
        const method = bad.method ?? 'POST'
        const response = await fetch(url + (bad.path ?? '/streams/chat'), {
          method,
          headers: bad.headers ?? (method === 'GET' ? {} : JSON_TYPE),
          ...(method === 'GET' ? {} : { body: bad.body ?? '{"prompt":"hello"}' }),
        })
        const error = await readError(response)
        t.equal(response.status, bad.status)
        t.match(response.headers.get('content-type'), /^application\/json/)
        t.match(error.message, bad.names)
        t.match(error, { statusCode: bad.status, error_type: bad.errorType, recoverable: false })
        t.equal((await readEvents(await post())).at(-1)?.type, 'stream_complete')
      })
    }
    t.same(warnings, [])
  },
)

overEach('the issues of an input are told place by place', async (t, { serve }) => {
  const { post } = await serve(t)
  const { issues } = await readError(await post({ prompt: 5 }))
  t.match(issues, [{ path: ['prompt'], message: /string/ }])
})

overEach('a method that is not for a URL is told which ones are', async (t, { serve, fetch }) => {
  const { url } = await serve(t)
  const onStreams = await fetch(`${url}/streams/chat`, { method: 'PATCH' })
  t.equal(onStreams.headers.get('allow'), 'POST, GET, DELETE')
  const onStream = await fetch(`${url}/streams/chat/AAAAAAAAAAAAAAAAAAAAAA`, { method: 'HEAD' })
  t.equal(onStream.status, 405)
  t.equal(onStream.headers.get('allow'), 'GET, DELETE')
})

overEach('a malformed cursor is 400; one that the log cannot serve is 410', async (t, { serve, fetch }) => {
  const { url, post } = await serve(t)
  const first = await post()
  const { length } = await readEvents(first)
  const location = url + first.headers.get('location')
  const at = async (cursor: string): Promise<[number, string]> => {
    const response = await fetch(location, { headers: { 'last-event-id': cursor } })
    return [response.status, (await readError(response)).error_type]
  }
  const twice = await fetch(`${location}?last_chunk_id=1&last_chunk_id=2`)
  t.equal(twice.status, 400, 'twice in the query')
  await twice.text()
  for (const cursor of ['x', '-1', '1.5', '1e3', '0x10', `${2 ** 60}`, '1:2', '1, 2', 'NaN']) {
    t.same(await at(cursor), [400, 'invalid_request'], cursor)
  }
  t.same(await at(`${length + 1}`), [410, 'resume_expired'])
})

overEach('a cursor that the log has trimmed is 410', async (t, { serve, fetch }) => {
  const { url, post, hub } = await serve(t, {
    log: { maxStreamBytes: 16_384, resumeMarginBytes: 1024 },
    run: async function* () {
      for (let i = 0; i < 2000; i++) yield 'some words to fill a log '
    },
  })
  const first = await post()
  t.equal((await readEvents(first)).at(-1)?.type, 'stream_complete', 'a reader that keeps up gets everything')
  const response = await fetch(url + first.headers.get('location'), { headers: { 'last-event-id': '1' } })
  t.equal(response.status, 410)
  t.match(await readError(response), { error_type: 'resume_expired', message: /begins at chunk \d+/ })
  t.equal(hub.load.viewers, 0)
})
