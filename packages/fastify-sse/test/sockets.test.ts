import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { manualClock } from '@sluice/core/testing'
import { gate, settled, textOf, WORDS } from '@sluice/plugin-tests'
import { test } from 'tap'
import { streamReply } from '../src/index.ts'
import { parseEvents } from './support/events.ts'
import { serve, type TestServer } from './support/server.ts'

// Frames go past the response, into its socket, where that can be done. These are the ways in which it could not, or
// could go wrong. HTTP/1 only: an HTTP/2 stream has no socket of its own.

const BODY = '{"prompt":"hello"}'

/** A start, as it goes over the wire. */
function start(version: '1.0' | '1.1', headers = ''): string {
  return (
    `POST /streams/chat HTTP/${version}\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${BODY.length}\r\n${headers}\r\n${BODY}`
  )
}

/** Opens a socket, and collects what comes. */
async function open({ port }: TestServer): Promise<{ socket: Socket; received: () => string }> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  let text = ''
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    text += chunk
  })
  return { socket, received: () => text }
}

/** The head and the body of each chunked answer in what came over a connection (RFC 9112 §7.1). */
function answersIn(text: string): { readonly head: string; readonly body: string }[] {
  const answers: { head: string; body: string }[] = []
  for (let at = 0; at < text.length; ) {
    const begin = text.indexOf('\r\n\r\n', at) + 4
    const head = text.slice(at, begin)
    let body = ''
    at = begin
    for (;;) {
      const end = text.indexOf('\r\n', at)
      const size = Number.parseInt(text.slice(at, end), 16)
      at = end + 2 + size + 2
      if (size === 0) break
      if (!(size > 0) || text.slice(at - 2, at) !== '\r\n') throw new Error(`no chunk at ${end}: ${text}`)
      body += text.slice(end + 2, end + 2 + size)
    }
    answers.push({ head, body })
  }
  return answers
}

test('a client that speaks HTTP/1.0 gets a body without chunks, which the close ends', async (t) => {
  const { socket, received } = await open(await serve(t))
  socket.write(start('1.0'))
  await once(socket, 'close')
  const [head = '', ...rest] = received().split('\r\n\r\n')
  t.notMatch(head, /transfer-encoding/i)
  t.match(rest.join('\r\n\r\n'), /^retry: \d+\nid: 1\ndata: /)
  t.equal(textOf(parseEvents(rest.join('\r\n\r\n')).events), 'one two three')
})

test('who has replaced `response.write` sees all that leaves', async (t) => {
  let seen = ''
  const { post } = await serve(t, {
    before: (app) => {
      app.addHook('onRequest', async (_request, { raw }) => {
        const write = raw.write.bind(raw) as (...given: unknown[]) => boolean
        raw.write = (chunk: unknown, ...given: unknown[]) => {
          seen += Buffer.from(chunk as Uint8Array).toString()
          return write(chunk, ...given)
        }
      })
    },
  })
  const text = await (await post()).text()
  t.equal(seen, text)
  t.equal(textOf(parseEvents(text).events), 'one two three')
})

test('answers to pipelined requests come one after the other, each whole', async (t) => {
  const rest = gate()
  let starts = 0
  const bothRun = gate()
  const server = await serve(t, {
    run: async function* () {
      const number = ++starts
      yield `${number}: `
      if (number === 2) bothRun.open()
      else await rest.opened
      yield 'done'
    },
  })
  const { socket, received } = await open(server)
  socket.write(start('1.1') + start('1.1'))
  await bothRun.opened
  rest.open()
  while (!received().includes('2: ') || !received().endsWith('\r\n0\r\n\r\n')) await once(socket, 'data')
  socket.destroy()
  t.same(
    answersIn(received()).map(({ body }) => textOf(parseEvents(body).events)),
    ['1: done', '2: done'],
  )
})

test('a connection that carries one answer after the other has a clean border between them', async (t) => {
  const { socket, received } = await open(await serve(t))
  for (const round of [1, 2, 3]) {
    socket.write(start('1.1'))
    while (received().split('\r\n0\r\n\r\n').length <= round) await once(socket, 'data')
  }
  socket.destroy()
  t.same(
    answersIn(received()).map(({ body }) => textOf(parseEvents(body).events)),
    Array(3).fill('one two three'),
  )
})

test('`Connection: close` is kept: the last chunk, then the end of the connection', async (t) => {
  const { socket, received } = await open(await serve(t))
  socket.write(start('1.1', 'Connection: close\r\n'))
  await once(socket, 'end')
  const [answer] = answersIn(received())
  t.match(answer?.head, /\r\nconnection: close\r\n/i)
  t.equal(textOf(parseEvents(answer?.body ?? '').events), 'one two three')
})

/** A connection that is kept alive is kept for longer than a test may take: nobody waits for it. */
const keepAlive = { forceCloseConnections: 'idle', keepAliveTimeout: 600_000 } as const

test('closing the server cuts no answer that has ended and is still on its way', async (t) => {
  const total = 20_000
  let count = 0
  const server = await serve(t, {
    closeDeadlineMs: 9_000,
    // What the sockets do not take waits in the process, and is no reason to let the viewer go.
    highWaterMark: 1e8,
    fastify: keepAlive,
    run: async function* () {
      for (; count < total; count++) yield WORDS
    },
  })
  const { socket, received } = await open(server)
  socket.pause()
  socket.write(start('1.1'))
  while (server.hub.load.viewers > 0 || count < total) await nextTurn()
  const closed = server.app.close()
  while (!server.hub.isClosing) await nextTurn()
  socket.resume()
  await Promise.all([closed, once(socket, 'end')])
  const [answer] = answersIn(received())
  const { events } = parseEvents(answer?.body ?? '')
  t.equal(events.length, total + 2)
  t.match(events.at(-1), { type: 'stream_complete' })
})

test('closing the server waits for such answers until one deadline, however many plugins have them', async (t) => {
  const clock = manualClock()
  const total = 20_000
  let count = 0
  const run = async function* () {
    for (let left = total; left > 0; left--, count++) yield WORDS
  }
  const server = await serve(t, {
    clock,
    highWaterMark: 1e8,
    fastify: keepAlive,
    run,
    after: async (app, hub) => {
      await app.register(streamReply, { hub, allowMissingFetchMetadata: true, highWaterMark: 1e8 })
      app.post('/streams/mine', (_request, reply) => reply.stream(run))
    },
  })
  const sockets: Socket[] = []
  for (const route of ['chat', 'mine']) {
    const { socket } = await open(server)
    socket.pause()
    socket.write(start('1.1').replace('/chat', `/${route}`))
    sockets.push(socket)
  }
  while (server.hub.load.viewers > 0 || count < 2 * total) await nextTurn()
  const closed = server.app.close()
  while (!server.hub.isClosing) await nextTurn()
  await clock.pass(server.hub.closeDeadlineMs)
  await closed
  for (const socket of sockets) {
    socket.resume()
    await once(socket, 'close')
  }
})

test('closing the server keeps no connection alive whose answer ends later', async (t) => {
  const clock = manualClock()
  const asked = gate()
  const known = gate()
  const server = await serve(t, {
    clock,
    fastify: keepAlive,
    owner: async () => {
      asked.open()
      await known.opened
      return 'ada'
    },
  })
  const { socket, received } = await open(server)
  socket.write(start('1.1'))
  await asked.opened
  const closed = server.app.close()
  while (server.app.server.listening) await nextTurn()
  known.open()
  while (!received().includes('shutting_down')) await once(socket, 'data')
  const ended = once(socket, 'end')
  await clock.pass(1_000)
  await Promise.all([closed, ended])
})

test('a socket that dies in the middle of a frame takes nothing with it, and the rest can be had', async (t) => {
  const word = 'a word that is long enough to be cut '.repeat(1_000)
  const rest = gate()
  const server = await serve(t, {
    run: async function* () {
      yield 'first'
      await rest.opened
      for (let index = 0; index < 40; index++) yield word
      yield 'last'
    },
  })
  const faults: unknown[] = []
  const onFault = (fault: unknown) => faults.push(fault)
  process.on('uncaughtExceptionMonitor', onFault)
  t.teardown(() => process.off('uncaughtExceptionMonitor', onFault))

  const closed = gate()
  server.app.server.on('request', (_request, response) => response.on('close', closed.open))
  const { socket, received } = await open(server)
  socket.write(start('1.1'))
  while (!received().includes('"first"')) await once(socket, 'data')
  rest.open()
  while (!received().includes('long enough')) await once(socket, 'data')
  socket.resetAndDestroy()
  await closed.opened
  t.equal(server.hub.load.viewers, 0)

  const location = /\r\nlocation: (.+)\r\n/i.exec(received())?.[1]
  const response = await fetch(server.url + location, { headers: { 'last-event-id': '2' } })
  t.equal(textOf(parseEvents(await response.text()).events), `${word.repeat(40)}last`)
  t.same(faults, [])
})

test('a client that closes its half while it takes nothing is let go, and nothing is written after the end', async (t) => {
  const clock = manualClock()
  let count = 0
  const more = gate()
  const server = await serve(t, {
    clock,
    stallMs: 10_000,
    // So that it is not for being full that no more is written.
    highWaterMark: 67_108_864,
    log: { maxStreamBytes: 67_108_864 },
    run: async function* ({ signal }) {
      // More than the sockets of both ends hold.
      for (; count < 12_000; count++) yield WORDS
      await more.opened
      for (; !signal.aborted; count++) {
        yield WORDS
        await nextTurn()
      }
    },
  })
  const faults: Error[] = []
  server.app.server.on('clientError', (fault) => faults.push(fault))
  const connected = once(server.app.server, 'connection')
  const { socket } = await open(server)
  const [connection] = (await connected) as [Socket]
  socket.pause()
  socket.write(start('1.1'))
  await settled(() => count)
  t.ok(connection.writableLength > 0, 'some of it waits')
  const ended = once(connection, 'end')
  socket.end()
  await ended
  more.open()
  const before = count
  while (count < before + 100) await nextTurn()
  t.notOk(connection.destroyed)
  clock.advance(10_000)
  await nextTurn()
  t.same(faults, [])
  t.equal(server.hub.load.viewers, 0)
})
