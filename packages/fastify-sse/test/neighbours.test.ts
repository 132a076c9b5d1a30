import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import compress from '@fastify/compress'
import cors from '@fastify/cors'
import swagger from '@fastify/swagger'
import underPressure from '@fastify/under-pressure'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import { gate, textOf } from '@sluice/plugin-tests'
import Fastify from 'fastify'
import { test } from 'tap'
import { z } from 'zod'
import fastifySse, { streamReply } from '../src/index.ts'
import { parseEvents, readError, readEvents, readUntil } from './support/events.ts'
import { overEach } from './support/over-each.ts'
import { serve } from './support/server.ts'

overEach('a compression plugin lets it through, piece by piece', async (t, { serve, fetch }) => {
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

overEach('what comes between the body and the response still gets every piece', async (t, { serve }) => {
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

// The oldest Fastify that we admit loses the trailers of every streamed body: it ends the response with the body.
if ('handlerTimeout' in Fastify().initialConfig) {
  overEach('trailers that a hook has announced come behind the last event', async (t, { serve }) => {
    const { open } = await serve(t, {
      before: (app) => {
        app.addHook('onRequest', async (_request, reply) => {
          reply.trailer('x-words', async () => '3')
        })
      },
    })
    const { body } = await open()
    let sent: unknown
    body.on('trailers', (trailers) => {
      sent = trailers['x-words']
    })
    let text = ''
    for await (const piece of body) text += piece
    t.equal(textOf(parseEvents(text).events), 'one two three')
    t.equal(sent ?? (body as IncomingMessage).trailers['x-words'], '3')
  })
}

overEach('headers that a hook has sent are not sent again', async (t, { serve }) => {
  const { post } = await serve(t, {
    before: (app) => {
      app.addHook('onSend', async (_request, reply, payload) => {
        reply.raw.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders)
        return payload
      })
    },
  })
  t.equal(textOf(await readEvents(await post())), 'one two three')
})

overEach('the headers of a CORS plugin survive, and a page may read ours', async (t, { serve }) => {
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

overEach(
  'a coercing validator does not get to the input before the definition’s schema',
  async (t, { serve }) => {
    const { post } = await serve(t, {
      fastify: { ajv: { customOptions: { coerceTypes: true, useDefaults: true } } },
    })
    const response = await post({ prompt: 5 })
    t.equal(response.status, 400)
    t.match(await readError(response), { error_type: 'invalid_request', message: /^prompt: .*string/ })
  },
)

overEach('under-pressure refuses in words that a person can use', async (t, { serve }) => {
  const pressed = { healthCheck: async () => false, healthCheckInterval: 60_000, retryAfter: 7 }
  const { post } = await serve(t, {
    before: async (app) => void (await app.register(underPressure, pressed)),
  })
  const response = await post()
  t.equal(response.status, 503)
  t.equal(response.headers.get('retry-after'), '7')
  const { error_type, recoverable, message } = await readError(response)
  t.match({ error_type, recoverable }, { error_type: 'capacity', recoverable: true })
  t.equal(message, 'The server is busy and cannot take another stream or viewer now.')
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

overEach('handlerTimeout does not kill a live stream', async (t, { serve }) => {
  const handlerTimeout = 250
  const { post } = await serve(t, {
    fastify: { handlerTimeout },
    run: async function* () {
      yield 'before, '
      // Timers of one length ring in the order in which they were set: Fastify's has rung before this one.
      await sleep(handlerTimeout)
      yield 'after'
    },
  })
  t.equal(textOf(await readEvents(await post())), 'before, after')
})

overEach('a hook may still answer with an error where there is a handlerTimeout', async (t, { serve }) => {
  const { post } = await serve(t, {
    fastify: { handlerTimeout: 60_000 },
    before: (app) => {
      app.addHook('onSend', async (_request, reply, payload) => {
        if (reply.statusCode === 200) throw new Error('not today')
        return payload
      })
    },
  })
  const response = await post()
  t.equal(response.status, 500)
  t.match(await readError(response), { error_type: 'unexpected_error' })
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
  t.same(Object.keys(paths['/streams/chat']!).sort(), ['delete', 'get', 'post'])
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
  await app.register(streamReply, {
    hub: createHub({ streams: {}, log: memoryLog() }),
    allowMissingFetchMetadata: true,
  })
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

overEach('onResponse and the request log see the end', async (t, { serve }) => {
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
