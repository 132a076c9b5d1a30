import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import { refusesOptions } from '@sluice/plugin-tests'
import Fastify from 'fastify'
import { test } from 'tap'
import { z } from 'zod'
import fastifySse, { streamReply } from '../src/index.ts'

const hub = createHub({ streams: {}, log: memoryLog() })

refusesOptions(fastifySse, {
  'a hub that closes slower than Fastify lets it': {
    options: { hub: createHub({ streams: {}, log: memoryLog(), closeDeadlineMs: 60_000 }) },
    names: /closeDeadlineMs \(60000\) .*pluginTimeout \(10000\)/,
  },
  'half a byte': { options: { hub, highWaterMark: 1.5 }, names: /highWaterMark .*whole.*1\.5/ },
  'origins that are no list': {
    options: { hub, allowedOrigins: 'https://app.example' },
    names: /allowedOrigins .*list.*app\.example/,
  },
  'routes for a stream that is not there': { options: { hub, routes: { chat: {} } }, names: /routes\.chat/ },
})

test('a server without a pluginTimeout gives a hub as long as it takes', async (t) => {
  const app = Fastify({ pluginTimeout: 0 })
  app.register(fastifySse, { hub: createHub({ streams: {}, log: memoryLog(), closeDeadlineMs: 60_000 }) })
  await t.resolves(async () => await app.ready())
  await app.close()
})

test('an input that JSON Schema cannot say is for the definition alone', async (t) => {
  const dated = defineStream({
    input: z.object({ on: z.date() }),
    run: async function* () {},
  })
  const app = Fastify()
  app.register(fastifySse, { hub: createHub({ streams: { dated }, log: memoryLog() }) })
  await t.resolves(async () => await app.ready())
  await app.close()
})

test('both plugins work twice in one server, encapsulated', async (t) => {
  const app = Fastify()
  await app.register(async (scope) => {
    await scope.register(fastifySse, { hub, prefix: '/a' })
    await scope.register(streamReply, { hub, allowMissingFetchMetadata: true })
  })
  await app.register(async (scope) => {
    await scope.register(fastifySse, { hub, prefix: '/b' })
    await scope.register(streamReply, { hub, allowMissingFetchMetadata: true })
  })
  await t.resolves(async () => await app.ready())
  await app.close()
})
