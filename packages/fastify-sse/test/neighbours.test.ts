import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import compress from '@fastify/compress'
import cors from '@fastify/cors'
import swagger from '@fastify/swagger'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import Fastify from 'fastify'
import { test } from 'tap'
import { z } from 'zod'
import fastifySse, { streamReply } from '../src/index.ts'
import { readError, readEvents, readUntil, textOf } from './support/events.ts'
import { gate } from './support/gate.ts'
import { serve } from './support/server.ts'

test('a compression plugin lets it through, piece by piece', async (t) => {
  const rest = gate()
  const { url } = await serve(t, {
    before: async (app) => {
      await app.register(compress, { global: true, threshold: 0 })
    },
    run: async function* () {
      yield 'first '
      await rest.opened
      yield 'second'
    },
  })
  const response = await fetch(`${url}/streams/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'accept-encoding': 'gzip' },
    body: '{"prompt":"hello"}',
  })
  t.equal(response.headers.get('content-encoding'), null)
  const text = await readUntil(response, /first/)
  t.notMatch(text, /second/)
  rest.open()
})

test('what comes between the body and the response still gets every piece', async (t) => {
  const { PassThrough } = await import('node:stream')
  const { post } = await serve(t, {
    before: (app) => {
      app.addHook('onSend', async (_request, _reply, payload) =>
        (payload as NodeJS.ReadableStream).pipe(new PassThrough()),
      )
    },
  })
  t.equal(textOf(await readEvents(await post())), 'one two three')
})

test('the headers of a CORS plugin survive, and a page may read ours', async (t) => {
  const origin = 'https://app.example'
  const { post } = await serve(t, {
    allowedOrigins: [origin],
    before: async (app) => {
      await app.register(cors, { origin, exposedHeaders: ['X-Mine'], credentials: true })
    },
  })
  const response = await post({ prompt: 'hello' }, { origin })
  t.equal(response.status, 200)
  t.equal(response.headers.get('access-control-allow-origin'), origin)
  t.equal(response.headers.get('access-control-allow-credentials'), 'true')
  t.equal(response.headers.get('access-control-expose-headers'), 'X-Mine, Stream-Id, Location, Retry-After')
})

test('a coercing validator does not get to the input before the definition’s schema', async (t) => {
  const { post } = await serve(t, {
    fastify: { ajv: { customOptions: { coerceTypes: true, useDefaults: true } } },
  })
  const response = await post({ prompt: 5 })
  t.equal(response.status, 400)
  t.match(await readError(response), { error_type: 'invalid_request', message: /^prompt: .*string/ })
})

test('a schema that transforms does, once', async (t) => {
  const seen: unknown[] = []
  const chat = defineStream({
    input: z.object({ n: z.string().transform(Number) }),
    run: async function* ({ input }) {
      seen.push(input)
      yield 'done'
    },
  })
  const app = Fastify()
  await app.register(fastifySse, { hub: createHub({ streams: { chat }, log: memoryLog() }) })
  await app.inject({ method: 'POST', url: '/chat', payload: { n: '5' } })
  t.same(seen, [{ n: 5 }])
  await app.close()
})

test('handlerTimeout does not kill a live stream', async (t) => {
  const { post } = await serve(t, {
    fastify: { handlerTimeout: 50 },
    run: async function* () {
      yield 'before, '
      // Time itself is what is tested here: it has to be longer than the timeout.
      await sleep(200)
      yield 'after'
    },
  })
  t.equal(textOf(await readEvents(await post())), 'before, after')
})

test('the routes describe themselves, the input too, and show nothing that is not for use', async (t) => {
  const { app } = await serve(t, {
    before: async (app) => {
      await app.register(swagger, { openapi: {} })
    },
  })
  const { paths } = app.swagger() as unknown as {
    paths: Record<string, Record<string, Record<string, unknown>>>
  }
  t.same(Object.keys(paths).sort(), ['/streams/chat', '/streams/chat/{streamId}'])
  t.same(Object.keys(paths['/streams/chat']!).sort(), ['delete', 'post'])
  t.match(paths['/streams/chat']!.post, {
    requestBody: {
      content: {
        'application/json': { schema: { properties: { prompt: { type: 'string' } }, required: ['prompt'] } },
      },
    },
    responses: { 200: { content: { 'text/event-stream': {} } }, '4XX': {} },
  })
})

test('a route that was there before the plugin can stream too', async (t) => {
  const app = Fastify()
  app.get('/early', (_request, reply) =>
    reply.stream(async function* () {
      yield 'early'
    }),
  )
  await app.register(streamReply, { hub: createHub({ streams: {}, log: memoryLog() }) })
  const response = await app.inject('/early')
  t.match(response.body, /early/)
  await app.close()
})

test('it loads with require', (t) => {
  const required = createRequire(import.meta.url)('../src/index.ts')
  t.equal(required.default, fastifySse)
  t.equal(required.streamReply, streamReply)
  t.end()
})

test('onResponse and the request log see the end', async (t) => {
  const lines: string[] = []
  const seen: number[] = []
  const { post, app } = await serve(t, {
    fastify: { logger: { level: 'info', stream: { write: (line: string) => lines.push(line) } } },
    before: (app) => {
      app.addHook('onResponse', async (_request, reply) => {
        seen.push(reply.elapsedTime)
      })
    },
  })
  const response = await post()
  await response.text()
  await app.close()
  t.equal(seen.length, 1)
  t.ok(seen[0]! > 0)
  const end = lines.map((line) => JSON.parse(line)).find(({ msg }) => msg === 'viewer left')
  t.match(end, {
    streamId: response.headers.get('stream-id'),
    reason: 'ended',
    cursor: 5,
    reqId: /./,
  })
  t.ok(end.bytes > 0 && end.durationMs >= 0)
})
