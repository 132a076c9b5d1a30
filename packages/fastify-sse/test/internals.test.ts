import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { connect, createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2'
import { type AddressInfo, Socket } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { textOf } from '@sluice/plugin-tests'
import Fastify from 'fastify'
import { type Test, test } from 'tap'
import { readEvents } from './support/events.ts'
import { http2 } from './support/protocols.ts'
import { serve } from './support/server.ts'

// The plugin goes past public interfaces of Node and Fastify where that is faster. If one of these tests fails, Node or
// Fastify has changed, and the file that it names has to change with it. `npm run bench -- servers --without …` tells
// what each of them buys.

/** A response of a plain server, whose header is sent. */
async function plainResponse(
  t: Test,
  version: '1.0' | '1.1',
): Promise<{ response: ServerResponse; received: () => string }> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close().closeAllConnections())
  const socket = new Socket().connect((server.address() as AddressInfo).port, '127.0.0.1')
  let received = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text
  })
  socket.write(`GET / HTTP/${version}\r\nHost: localhost\r\n\r\n`)
  const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse]
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.flushHeaders()
  return { response, received: () => received }
}

test('sink.ts: `chunkedEncoding` says whether Node sends the body in chunks, once the header is sent', async (t) => {
  const { response } = await plainResponse(t, '1.1')
  t.equal(response.chunkedEncoding, true)
  t.ok(response.socket instanceof Socket)
  t.equal((await plainResponse(t, '1.0')).response.chunkedEncoding, false)
})

test('sink.ts: a chunk that is written into the socket stands between what the response itself writes', async (t) => {
  const { response, received } = await plainResponse(t, '1.1')
  response.write('a')
  response.socket!.write('1\r\nb\r\n')
  response.write('c')
  response.end()
  while (!received().endsWith('0\r\n\r\n')) await sleep(1)
  t.match(received(), /\r\n\r\n1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n$/)
})

test('sink.ts: a response whose client is gone is destroyed, and emits no second `close`', async (t) => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const client = request({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' })
  client.on('error', () => {})
  client.end()
  const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse]
  client.destroy()
  await once(response, 'close')
  t.equal(response.destroyed, true)
})

test('body.ts: a `Readable` that nobody has touched has no listeners', (t) => {
  class Body extends Readable {}
  t.same(new Body({ highWaterMark: 1 }).eventNames(), [])
  t.not(new Body({ read() {} }).on('data', () => {}).eventNames().length, 0)
  const piped = new Body({ read() {} })
  piped.pipe(new PassThrough())
  t.not(piped.eventNames().length, 0)
  t.end()
})

test('body.ts: a reply has its trailers under a symbol, `null` until there are any', async (t) => {
  const app = Fastify()
  const seen: unknown[] = []
  app.get('/', async (_request, reply) => {
    const trailers = Object.getOwnPropertySymbols(reply).find(
      ({ description }) => description === 'fastify.reply.trailers',
    )
    t.ok(trailers, 'there is such a symbol')
    const trailersOf = () => (reply as unknown as Record<symbol, unknown>)[trailers!]
    seen.push(trailersOf())
    reply.trailer('x-words', async () => '3')
    seen.push(trailersOf() === null)
    return 'done'
  })
  await app.inject('/')
  t.same(seen, [null, false])
  await app.close()
})

test('body.ts: after its last `onSend` hook Fastify has taken the body when `done` returns', async (t) => {
  const app = Fastify()
  let isPiped = false
  app.route({
    method: 'GET',
    url: '/',
    handler: async (_request, reply) => {
      reply.raw.once('pipe', () => {
        isPiped = true
      })
      return Readable.from(['a'])
    },
    onSend: (_request, _reply, body, done) => {
      done(null, body)
      t.equal(isPiped, true)
    },
  })
  t.equal((await app.inject('/')).body, 'a')
  await app.close()
})

test('body.ts: hooks that a route gets after its `onRoute` hooks have run are hooks of the route', async (t) => {
  const app = Fastify()
  const order: string[] = []
  app.addHook('onRoute', (route) => {
    process.nextTick(() => {
      route.onSend = [
        ...([route.onSend ?? []].flat() as never[]),
        async () => void order.push('late'),
      ] as never
    })
  })
  app.get('/', { onSend: async () => void order.push('early') }, async () => 'x')
  await app.inject('/')
  t.same(order, ['early', 'late'])
  await app.close()
})

test('body.ts: handlerTimeout does not cut a body that a hook has replaced, over HTTP/2', async (t) => {
  const handlerTimeout = 250
  const { post } = await serve(
    t,
    {
      fastify: { handlerTimeout },
      before: (app) => {
        app.addHook('onSend', async (_request, _reply, payload) =>
          (payload as NodeJS.ReadableStream).pipe(new PassThrough()),
        )
      },
      run: async function* () {
        for (let count = 0; count < 5; count++) yield `${count} `
        // Timers of one length ring in the order in which they were set: Fastify's has rung before this one.
        await sleep(handlerTimeout)
        for (let count = 5; count < 10; count++) yield `${count} `
      },
    },
    http2,
  )
  const events = await readEvents(await post())
  t.equal(textOf(events), '0 1 2 3 4 5 6 7 8 9 ')
  t.equal(events.length, 12)
})

test('http2-connections.ts: `once` on the socket of a session gives the socket itself', async (t) => {
  const server = createHttp2Server()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  client.on('error', () => {})
  const [session] = (await once(server, 'session')) as [ServerHttp2Session]
  t.notOk(session.socket instanceof Socket && session.socket.destroy === Socket.prototype.destroy)
  const socket = session.socket.once('close', () => {})
  t.ok(socket instanceof Socket)
  const closed = once(client, 'close')
  socket.destroy()
  await closed
  server.close()
})
