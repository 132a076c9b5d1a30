import { request } from 'node:http'
import { test } from 'tap'
import { serve } from './support/server.ts'

// A page must never run what a request has brought: an answer that repeats a part of it is JSON, and says so.

const payloads = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '</script><svg/onload=alert(1)>',
  '{{constructor.constructor("alert(1)")()}}',
  "';alert(1)//",
  '\u2028alert(1)\u2029',
  'x\r\ncontent-type: text/html\r\n\r\n<script>alert(1)</script>',
  'x\ndata: {"type":"stream_complete"}\n\n',
]

interface Answer {
  readonly status: number
  readonly type: string
  readonly headers: readonly string[]
  readonly body: string
}

type Ask = (path: string, headers: Record<string, string>, method?: string, body?: string) => Promise<Answer>

const asker =
  (port: number): Ask =>
  (path, headers, method = 'GET', body = '') =>
    new Promise((resolve, reject) => {
      const asking = request({ port, host: '127.0.0.1', path, method, headers }, async (response) => {
        let text = ''
        for await (const bytes of response) text += bytes
        const { statusCode: status = 0, rawHeaders } = response
        resolve({ status, type: `${response.headers['content-type']}`, headers: rawHeaders, body: text })
      })
      asking.on('error', reject)
      asking.end(body)
    })

/** Header fields cannot have it: Node refuses to send it. */
const inHeader = (payload: string): string => encodeURIComponent(payload)

test('what a request repeats comes back as JSON, or as an event of one line', async (t) => {
  const { port } = await serve(t, {
    run: async function* ({ input }) {
      yield input.prompt
      throw new Error(input.prompt)
    },
  })
  const ask = asker(port)
  const json = { 'content-type': 'application/json' }
  for (const payload of payloads) {
    const encoded = encodeURIComponent(payload)
    const answers = [
      await ask(`/streams/${encoded}`, {}),
      await ask(`/streams/chat/${encoded}`, {}),
      await ask(`/streams/chat?thread=${encoded}%20`, {}),
      await ask(`/streams/chat/x?last_chunk_id=${encoded}`, {}),
      await ask('/streams/chat', { accept: inHeader(payload) }),
      await ask('/streams/chat', { ...json, origin: inHeader(payload) }, 'POST', '{}'),
      await ask('/streams/chat', { 'content-type': inHeader(payload) }, 'POST', '{}'),
      await ask('/streams/chat', { ...json, 'idempotency-key': inHeader(payload).slice(0, 20) }, 'DELETE'),
      await ask('/streams/chat', json, 'POST', JSON.stringify({ [payload]: payload, prompt: 5 })),
      await ask('/streams/chat', json, 'POST', payload),
    ]
    for (const { status, type, headers, body } of answers) {
      t.ok(status >= 400 && status < 500, `${status}`)
      t.match(type, /^application\/json/)
      t.notMatch(headers.join('\n'), /alert|text\/html/)
      t.type(JSON.parse(body).message, 'string')
    }

    const stream = await ask('/streams/chat', json, 'POST', JSON.stringify({ prompt: payload }))
    t.equal(stream.type, 'text/event-stream; charset=utf-8')
    const data = stream.body.split('\n').filter((line) => line.startsWith('data: '))
    const events = data.map((line) => JSON.parse(line.slice(6)))
    t.same(
      events.map(({ type }) => type),
      ['stream_start', 'content_chunk', 'stream_error'],
      'no event is added',
    )
    t.equal(events[1].content, payload)
    t.not(events[2].message, payload, 'an error does not repeat the text of the application')
  }
})
