import websocket from '@fastify/websocket'
import { createHub, memoryLog } from '@sluice/core/server'
import { refusesOptions } from '@sluice/plugin-tests'
import Fastify from 'fastify'
import { test } from 'tap'
import fastifyWs from '../src/index.ts'

const hub = createHub({ streams: {}, log: memoryLog() })

refusesOptions(fastifyWs, {
  'a number that is none': {
    options: { hub, maxStreamsPerConnection: Number.NaN },
    names: /maxStreamsPerC.*NaN/,
  },
  'messages that are too short': { options: { hub, maxMessageBytes: 10 }, names: /maxMessageBytes .*128/ },
  'half a window': { options: { hub, maxWindow: 1.5 }, names: /maxWindow .*whole/ },
  'two ways to say who it is': {
    options: { hub, owner: () => 'a', authenticate: () => 'a' },
    names: /owner and authenticate/,
  },
  'origins that are no list': { options: { hub, allowedOrigins: 'all' }, names: /allowedOrigins .*all/ },
  'an Origin rule that is none': { options: { hub, allowNullOrigin: 'yes' }, names: /allowNullOrigin .*yes/ },
  'a path that is none': { options: { hub, path: 'ws' }, names: /path has to begin with/ },
  'a hub that closes slower than Fastify lets it': {
    options: { hub: createHub({ streams: {}, log: memoryLog(), closeDeadlineMs: 9_500 }) },
    names: /closeDeadlineMs \(9500\) .*pluginTimeout \(10000\)/,
  },
})

test('it can be registered twice in one scope, and beside the application’s own @fastify/websocket', async (t) => {
  const app = Fastify()
  await app.register(websocket)
  await app.register(fastifyWs, { hub, prefix: '/a' })
  await app.register(fastifyWs, { hub, prefix: '/b', path: '/socket' })
  await t.resolves(async () => await app.ready())
  t.ok(app.hasRoute({ method: 'GET', url: '/a/ws' }) && app.hasRoute({ method: 'GET', url: '/b/socket' }))
  await app.close()
})

test('two scopes that do not share one @fastify/websocket are told how they can', async (t) => {
  const app = Fastify()
  const scope = (prefix: string) => app.register(async (inner) => inner.register(fastifyWs, { hub, prefix }))
  scope('/a')
  scope('/b')
  await t.rejects(async () => await app.ready(), { message: /register @fastify\/websocket once, above both/ })
})
