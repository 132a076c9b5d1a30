import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { finished } from 'node:stream/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Hub } from '@sluice/core/server'
import { manualClock } from '@sluice/core/testing'
import { FaultProxy } from '@sluice/fault-proxy'
import { close, endless, gate, type Script, settled, smallLog } from '@sluice/plugin-tests'
import fastify, { type FastifyInstance } from 'fastify'
import { test } from 'tap'
import { streamReply } from '../src/index.ts'
import { readError } from './support/events.ts'
import { http2 } from './support/protocols.ts'
import { serve } from './support/server.ts'

// What only HTTP/2 has: many streams on one connection, which outlives each of them.

const JSON_TYPE = { 'content-type': 'application/json' }
/** The largest flow-control window (RFC 9113 §6.9.1). */
const MOST = 2 ** 31 - 1

/** Says much in each turn of the event loop. */
const talk: Script = async function* ({ signal }) {
  for (; !signal.aborted; await nextTurn()) yield 'some words '.repeat(2_000)
}

test('a stream that nobody reads is dropped alone: others on its connection go on', async (t) => {
  const clock = manualClock()
  const { url, hub } = await serve(t, { clock, stallMs: 10_000, run: talk }, http2)
  const { post, reset } = http2.connect(url)
  const stalled = await post('/streams/chat', { prompt: 'hello' })
  const read = await post('/streams/chat', { prompt: 'hello' })
  let pieces = 0
  for await (const _ of read) {
    pieces += 1
    clock.advance(100)
    if (hub.load.viewers === 1) break
  }
  t.ok(pieces >= 100, `${pieces} pieces`)
  t.notOk(stalled.closed, 'what came is still to be read')
  await finished(stalled.resume())
  clock.advance(5_000)
  const another = await post('/streams/chat', { prompt: 'hello' })
  await once(another, 'data')
  reset()
})

test('closing the server does not wait for a client that reads its connection, but not its stream', async (t) => {
  // Twice on one server: what is done for its connections is done once.
  const after = async (app: FastifyInstance, hub: Hub) =>
    void (await app.register(streamReply, { hub, allowMissingFetchMetadata: true }))
  const { url, app, hub } = await serve(t, { run: talk, after }, http2)
  const stalled = await http2.connect(url).post('/streams/chat', { prompt: 'hello' })
  await app.close()
  t.same(hub.load, { streams: 0, viewers: 0 })
  stalled.destroy()
})

test('nor for one whose connection takes nothing any more', async (t) => {
  const clock = manualClock()
  const { run, count } = endless()
  const { port, app, hub } = await serve(t, { clock, run, log: smallLog, closeDeadlineMs: 1_000 }, http2)
  const network = await FaultProxy.before(port)
  t.teardown(() => network.close())
  network.faults = [{ after: 10_000, ending: 'silence' }]
  const session = connectHttp2(network.url, { settings: { initialWindowSize: MOST } })
  session.on('error', () => {}).once('connect', () => session.setLocalWindowSize(MOST))
  const stream = session.request({ ':method': 'POST', ':path': '/streams/chat', ...JSON_TYPE })
  stream.on('error', () => {}).end('{"prompt":"hello"}')
  await once(stream, 'data')
  await settled(count)
  t.same(hub.load, { streams: 1, viewers: 1 })
  await close(app, clock)
  t.ok(clock.now() < 5_000, `${clock.now()} ms`)
  session.destroy()
})

test('nor is anything left of a connection that its client closes when it is told to', async (t) => {
  const after = async (app: FastifyInstance, hub: Hub) =>
    void (await app.register(streamReply, { hub, allowMissingFetchMetadata: true }))
  const { post, app } = await serve(t, { after }, http2)
  await (await post()).text()
  await app.close()
})

test('a request that is still answered keeps its connection, however long the server takes to close', async (t) => {
  const clock = manualClock()
  const [asked, answer] = [gate(), gate()]
  const { url, app } = await serve(
    t,
    {
      clock,
      before: (app) => {
        app.get('/slow', async () => {
          asked.open()
          await answer.opened
          return 'at last'
        })
      },
    },
    http2,
  )
  const response = http2.fetch(`${url}/slow`)
  await asked.opened
  const closed = app.close()
  await clock.pass(10_000)
  answer.open()
  t.equal(await (await response).text(), 'at last')
  await closed
})

// The oldest Fastify that we admit does not have this option.
if ('handlerTimeout' in fastify().initialConfig) {
  test('handlerTimeout is heeded until there is an answer', async (t) => {
    const late = gate()
    const { post, hub } = await serve(
      t,
      { fastify: { handlerTimeout: 20 }, context: () => late.opened },
      http2,
    )
    const response = await post()
    t.equal(response.status, 503)
    t.match(await readError(response), { code: 'FST_ERR_HANDLER_TIMEOUT', error_type: 'capacity' })
    late.open()
    t.same(hub.load, { streams: 0, viewers: 0 })
  })
}
