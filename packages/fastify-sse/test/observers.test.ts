import { createRequire } from 'node:module'
import { SpanKind } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { gate, textOf } from '@sluice/plugin-tests'
import { test } from 'tap'
import { streamReply } from '../src/index.ts'
import { readEvents, readUntil } from './support/events.ts'
import { overEach } from './support/over-each.ts'
import { serve } from './support/server.ts'

// Plugins that watch every request. They add their hooks behind ours, or put a `write` of their own on a response.

const { FastifyOtelInstrumentation } = createRequire(import.meta.url)(
  '@fastify/otel',
) as typeof import('@fastify/otel')

test('@fastify/otel ends the span of a viewer, also of one that disconnects', async (t) => {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const otel = new FastifyOtelInstrumentation({ registerOnInitialization: false })
  otel.setTracerProvider(provider)
  const never = gate()
  const { post, url, hub } = await serve(t, {
    before: async (app) => {
      await app.register(otel.plugin())
    },
    run: async function* ({ signal }) {
      yield 'begun'
      signal.addEventListener('abort', never.open)
      await never.opened
    },
    after: async (app, hub) => {
      await app.register(streamReply, { hub })
      app.post('/mine', (_request, reply) =>
        reply.stream(async function* () {
          yield 'mine'
        }),
      )
    },
  })
  const requests = () =>
    exporter.getFinishedSpans().filter(({ name, kind }) => name === 'request' || kind === SpanKind.SERVER)
  const response = await post()
  await readUntil(response, /begun/)
  t.equal(requests().length, 1, 'it has ended when the answer has begun')
  await hub.cancel({ streamId: `${response.headers.get('stream-id')}` })
  t.equal(textOf(await readEvents(await fetch(`${url}/mine`, { method: 'POST' }))), 'mine')
  t.equal(requests().length, 2)
})

overEach(
  'a hook that another plugin adds to the route runs before the body is taken',
  async (t, { serve }) => {
    const seen: string[] = []
    const { post } = await serve(t, {
      before: (app) => {
        app.addHook('onRoute', (route) => {
          const { onSend = [] } = route
          route.onSend = [
            onSend,
            async (_request: unknown, _reply: unknown, payload: unknown) => {
              seen.push(typeof payload)
              return payload
            },
          ].flat() as never
        })
      },
    })
    t.equal(textOf(await readEvents(await post())), 'one two three')
    t.same(seen, ['object'])
  },
)

overEach('a `write` that loses its callback stalls nothing', async (t, { serve }) => {
  const words = 'a good many words '.repeat(100)
  const { post } = await serve(t, {
    highWaterMark: 4_096,
    run: async function* () {
      for (let count = 0; count < 500; count++) yield words
    },
    before: (app) => {
      app.addHook('onRequest', async (_request, { raw }) => {
        const write = raw.write.bind(raw) as (chunk: unknown) => boolean
        raw.write = (chunk: unknown) => write(chunk)
      })
    },
  })
  t.equal(textOf(await readEvents(await post())).length, 500 * words.length)
})
