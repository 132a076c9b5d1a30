import { createHub, memoryLog } from '@sluice/core/server'
import Fastify from 'fastify'
import { test } from 'tap'
import fastifySse, { type FastifySseOptions, streamReply } from '../src/index.ts'

const hub = createHub({ streams: {}, log: memoryLog() })

const bad: Record<string, { readonly options: object; readonly names: RegExp }> = {
  'no hub': { options: {}, names: /hub has to be/ },
  'a hub that is none': { options: { hub: {} }, names: /hub has to be/ },
  'a time that is none': { options: { hub, heartbeatMs: 'often' }, names: /heartbeatMs .*often/ },
  'a time of 0': { options: { hub, stallMs: 0 }, names: /stallMs .*at least 1, and is 0/ },
  'a hub that closes slower than Fastify lets it': {
    options: { hub: createHub({ streams: {}, log: memoryLog(), closeDeadlineMs: 60_000 }) },
    names: /closeDeadlineMs \(60000\) .*pluginTimeout \(10000\)/,
  },
  'an owner that is no function': { options: { hub, owner: 'ann' }, names: /owner has to be a function/ },
  'routes for a stream that is not there': { options: { hub, routes: { chat: {} } }, names: /routes\.chat/ },
}

for (const [name, { options, names }] of Object.entries(bad)) {
  test(`${name} is refused at start`, async (t) => {
    const app = Fastify()
    app.register(fastifySse, options as FastifySseOptions)
    await t.rejects(async () => await app.ready(), { code: 'FST_ERR_SLUICE_OPTION', message: names })
  })
}

test('both plugins work twice in one server, encapsulated', async (t) => {
  const app = Fastify()
  await app.register(async (scope) => {
    await scope.register(fastifySse, { hub, prefix: '/a' })
    await scope.register(streamReply, { hub })
  })
  await app.register(async (scope) => {
    await scope.register(fastifySse, { hub, prefix: '/b' })
    await scope.register(streamReply, { hub })
  })
  await t.resolves(async () => await app.ready())
  await app.close()
})
