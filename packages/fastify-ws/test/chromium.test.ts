import { launchChromium } from '@sluice/programs/chromium'
import { type Test, test } from 'tap'
import { numbers, pending, serve, type TestServer } from './support/server.ts'

/** What the native WebSocket of a page has seen. */
interface Seen {
  readonly protocol: string
  readonly extensions: string
  /** The messages, parsed. */
  readonly messages: readonly Record<string, unknown>[]
  readonly code: number
  readonly wasClean: boolean
}

/** A page of the server's own host, and what is done in it. */
async function inPage(
  t: Test,
  { app, port }: TestServer,
  act: (url: string) => Promise<Seen>,
): Promise<Seen> {
  const browser = await launchChromium()
  t.teardown(() => browser.close())
  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${port}/`)
  const seen = await page.evaluate(act, `ws://127.0.0.1:${port}/streams/ws`)
  t.equal(app.sluiceConnections.size <= 1, true)
  return seen
}

const withPage = {
  before: (app: import('fastify').FastifyInstance) => {
    app.get('/', (_request, reply) => reply.type('text/html').send('<title>page</title>'))
  },
}

test('the native WebSocket of Chromium reads a whole answer, with acks, and closes', async (t) => {
  const server = await serve(t, { ...withPage, run: numbers(500) })
  const seen = await inPage(t, server, (url) => {
    const socket = new WebSocket(url, ['sluice.v1'])
    const messages: Record<string, unknown>[] = []
    const ask = (message: object) => socket.send(JSON.stringify(message))
    socket.onopen = () =>
      ask({
        type: 'stream_request',
        request_id: 'a',
        stream: 'chat',
        input: { prompt: 'né 漢 👩‍👩‍👧' },
        window: 20,
      })
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data)
      messages.push(message)
      if (message.type === 'ping') ask({ type: 'pong' })
      const last = (message.chunks ?? [message]).at(-1)
      if (last.chunk_id === undefined) return
      ask({ type: 'chunk_ack', stream_id: message.stream_id, chunk_id: last.chunk_id })
      if (last.type === 'stream_complete') socket.close(1000)
    }
    return new Promise((resolve) => {
      socket.onclose = ({ code, wasClean }) =>
        resolve({ protocol: socket.protocol, extensions: socket.extensions, messages, code, wasClean })
    })
  })
  t.match(seen, { protocol: 'sluice.v1', extensions: '', code: 1000, wasClean: true })
  const events = seen.messages.flatMap((message) =>
    message.type === 'chunk_batch' ? (message.chunks as Record<string, unknown>[]) : [message],
  )
  const text = events.map(({ type, content }) => (type === 'content_chunk' ? content : '')).join('')
  t.equal(text, Array.from({ length: 500 }, (_, index) => `${index} `).join(''))
})

test('Chromium is told by a close code why a socket is closed', async (t) => {
  const server = await serve(t, { ...withPage, run: pending, authenticate: () => undefined })
  const seen = await inPage(t, server, (url) => {
    const socket = new WebSocket(url, ['sluice.v1'])
    socket.onopen = () => socket.send('{"type":"connection_init","request_id":"i"}')
    return new Promise((resolve) => {
      socket.onclose = ({ code, wasClean }) =>
        resolve({ protocol: socket.protocol, extensions: socket.extensions, messages: [], code, wasClean })
    })
  })
  t.match(seen, { code: 4501, wasClean: true })
})
