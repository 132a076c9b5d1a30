import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { test } from 'tap'
import { parseEvents, readEvents, readUntil, textOf } from './support/events.ts'
import { gate } from './support/gate.ts'
import { type Script, serve } from './support/server.ts'
import { rawRequest } from './support/socket.ts'

const WORDS = 'a good many words that fill the log and the socket '.repeat(20)

/** Goes on until it is stopped, and counts. */
function endless(): { readonly run: Script; readonly count: () => number } {
  let count = 0
  return {
    count: () => count,
    run: async function* ({ signal }) {
      while (!signal.aborted) {
        count += 1
        yield WORDS
      }
    },
  }
}

/** Resolves when a count no longer moves. */
async function settled(count: () => number): Promise<number> {
  for (let seen = -1, turns = 0; turns < 100; turns++) {
    await nextTurn()
    if (count() !== seen) turns = 0
    seen = count()
  }
  return count()
}

const smallLog = { maxStreamBytes: 65_536, resumeMarginBytes: 4096 }

test('a client that vanishes under backpressure is let go at once, and its stream goes on', async (t) => {
  const { run, count } = endless()
  const { port, hub, app } = await serve(t, { run, log: smallLog })
  const closed = gate()
  app.server.on('request', (_request, response) => response.on('close', closed.open))
  const socket = await rawRequest(port, 'POST', '/streams/chat', { prompt: 'hello' })
  socket.pause()
  const before = await settled(count)
  socket.resetAndDestroy()
  await closed.opened
  t.same(hub.load, { streams: 1, viewers: 0 })
  t.ok(before > 0)
})

test('a client that does not read costs the log’s bound, and gets every word when it does', async (t) => {
  const total = 20_000
  let count = 0
  const { port, hub } = await serve(t, {
    log: smallLog,
    run: async function* () {
      for (; count < total; count++) yield `${count} ${WORDS}`
    },
  })
  const socket = await rawRequest(port, 'POST', '/streams/chat', { prompt: 'hello' })
  socket.pause()
  const paused = await settled(() => count)
  // The sockets of both ends hold some megabytes; of the 20 MB the rest has not been made.
  t.ok(paused < total / 2, `${paused} of ${total} chunks were made`)
  t.same(hub.load, { streams: 1, viewers: 1 })

  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    if (chunk.toString('latin1').endsWith('\r\n0\r\n\r\n')) socket.destroy()
  })
  socket.resume()
  await once(socket, 'close')
  const words = textOf(parseEvents(unchunked(Buffer.concat(chunks).toString('latin1'))).events)
  t.ok(
    words === Array.from({ length: total }, (_, index) => `${index} ${WORDS}`).join(''),
    'not a word is missing',
  )
})

test('a viewer that takes nothing for the whole of its stall timeout is dropped; others see no pause', async (t) => {
  const { run } = endless()
  const { port, post, hub } = await serve(t, { run, log: smallLog, stallMs: 100 })
  const stalled = await rawRequest(port, 'POST', '/streams/chat', { prompt: 'hello' })
  stalled.pause()
  stalled.on('error', () => {})
  const other = await post()
  const reader = other.body!.getReader()
  let isDone = false
  while (hub.load.viewers > 1 && !isDone) ({ done: isDone } = await reader.read())
  t.notOk(isDone, 'the other one still reads')
  stalled.resume()
  await once(stalled, 'close')
  await reader.cancel()
})

test('a silent stream is kept alive by comments', async (t) => {
  const silence = gate()
  const { post } = await serve(t, {
    heartbeatMs: 20,
    run: async function* () {
      await silence.opened
      yield 'said'
    },
  })
  const text = await readUntil(await post(), /(:\n\n){3}/)
  t.match(parseEvents(text).events, [{ type: 'stream_start' }], 'which no parser takes for an event')
  silence.open()
})

test('heartbeats stop while data waits, and go on after', async (t) => {
  const total = 10_000
  const silence = gate()
  let count = 0
  const { port, hub } = await serve(t, {
    log: smallLog,
    // Longer than any pause between two writes before the socket is full, on a busy machine too.
    heartbeatMs: 400,
    run: async function* () {
      for (; count < total; count++) yield `${count} ${WORDS}`
      await silence.opened
    },
  })
  const socket = await rawRequest(port, 'POST', '/streams/chat', { prompt: 'hello' })
  socket.pause()
  const waiting = await settled(() => count)
  t.ok(waiting < total)
  // Three heartbeats would be due by now.
  const until = hub.wheel.now() + 1_300
  while (hub.wheel.now() < until) await nextTurn()

  let text = ''
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    text += chunk
    if (count === total && chunk.includes('\r\n:\n\n\r\n')) socket.destroy()
  })
  socket.resume()
  await once(socket, 'close')
  const sent = unchunked(text)
  const beforeAll = sent.slice(0, sent.indexOf(`"${waiting - 1} `))
  t.ok(beforeAll.length > 1_000_000, 'what waited')
  t.notMatch(beforeAll, /\n\n:\n\n/)
  t.match(sent, /\n\n:\n\n$/, 'what came when nothing did')
  silence.open()
})

test('an error in the middle is one terminal event, whole in the log and masked on the wire', async (t) => {
  const lines: string[] = []
  const { post } = await serve(t, {
    fastify: { logger: { level: 'error', stream: { write: (line: string) => lines.push(line) } } },
    run: async function* () {
      yield 'before'
      throw new Error('password=hunter2')
    },
  })
  const response = await post()
  const text = await response.text()
  const { events } = parseEvents(text)
  t.same(
    events.map(({ type }) => type),
    ['stream_start', 'content_chunk', 'stream_error'],
  )
  t.match(events.at(-1), { error_type: 'unexpected_error', recoverable: false })
  t.notMatch(text, /hunter2/)
  t.match(lines.join(''), /hunter2/)
})

test('closing the server lets a run end by itself within the deadline', async (t) => {
  const end = gate()
  const { post, app } = await serve(t, {
    closeDeadlineMs: 9_000,
    run: async function* () {
      yield 'begun, '
      await end.opened
      yield 'done'
    },
  })
  const response = await post()
  const closed = app.close()
  const events = readEvents(response)
  end.open()
  t.match((await events).at(-1), { type: 'stream_complete' })
  t.equal(textOf(await events), 'begun, done')
  await closed
})

test('closing the server ends what still runs at the deadline, and says so', async (t) => {
  const { post, app, hub } = await serve(t, {
    closeDeadlineMs: 50,
    run: async function* ({ signal }) {
      yield 'begun'
      await once(signal, 'abort')
    },
  })
  const response = await post()
  const closed = app.close()
  t.match((await readEvents(response)).at(-1), {
    type: 'stream_error',
    error_type: 'shutting_down',
    recoverable: true,
  })
  await closed
  t.same(hub.load, { streams: 0, viewers: 0 })
})

/** The body of a chunked answer (RFC 9112 §7.1), as far as it has come. */
function unchunked(response: string): string {
  let at = response.indexOf('\r\n\r\n') + 4
  let body = ''
  for (;;) {
    const end = response.indexOf('\r\n', at)
    const size = Number.parseInt(response.slice(at, end), 16)
    if (!(size > 0)) return body
    body += response.slice(end + 2, end + 2 + size)
    at = end + 2 + size + 2
  }
}
