import { setImmediate as nextTurn } from 'node:timers/promises'
import { manualClock } from '@sluice/core/testing'
import { RedisServer } from '@sluice/programs/redis'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DUE_LEASES } from '../src/scripts/index-keys.ts'
import { STATE } from '../src/scripts/reading.ts'
import { type Instance, instance, type Scene, scene, watching } from './support/instances.ts'
import { loseTail } from './support/lost-tail.ts'
import { until } from './support/waiting.ts'

const leaseMs = 600

let server: RedisServer
let a: Instance
let b: Instance

beforeEach(async () => {
  server = await RedisServer.start()
  const options = { url: server.url, leaseMs, maxStreamBytes: 64 * 1024, commandTimeoutMs: 1000 }
  a = instance(options)
  b = instance(options)
})

afterEach(async () => {
  await Promise.all([a.hub.close(), b.hub.close()])
  await server.kill()
})

/** Each viewer has got all of it, once, in order. */
async function endsWhole({ attempt, here, there }: Scene, text: string): Promise<void> {
  attempt.finish()
  expect(await Promise.all([here.ended, there.ended])).toEqual(['ended', 'ended'])
  for (const sink of [here, there]) {
    expect(sink.text).toBe(text)
    expect(sink.events.map(({ chunk_id }) => chunk_id)).toEqual(sink.events.map((_, index) => index + 1))
    expect(sink.types.at(-1)).toBe('stream_complete')
  }
}

/** Sends a command to Redis over the connection of instance `a`. */
function ask(...command: string[]): Promise<unknown> {
  return a.log.connection.command('', command)
}

test('messages that were lost are filled in from Redis', async () => {
  const played = await scene([a, b])
  await ask('CLIENT', 'KILL', 'TYPE', 'pubsub')
  played.attempt.push('d', 'e', 'f')
  await played.there.received(7)
  await endsWhole(played, 'abcdef')
})

test('messages that are lost again and again cost nobody a word', async () => {
  const played = await scene([a, b])
  let text = 'abc'
  for (let round = 0; round < 20; round++) {
    const killed = ask('CLIENT', 'KILL', 'TYPE', 'pubsub')
    for (let chunk = 0; chunk < 10; chunk++) {
      played.attempt.push(`${round}.${chunk} `)
      text += `${round}.${chunk} `
      await played.attempt.taken()
    }
    await killed
  }
  await endsWhole(played, text)
})

test('a connection that breaks off in the middle of appends repeats and loses nothing', async () => {
  const played = await scene([a, b])
  let text = 'abc'
  for (let round = 0; round < 20; round++) {
    played.attempt.push(`${round} `, `${round}, `)
    text += `${round} ${round}, `
    await played.attempt.taken()
    await ask('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'no').catch(() => {})
  }
  await until(() => played.there.text === text)
  await endsWhole(played, text)
  expect(a.log.metrics().recoveries).toBeGreaterThan(0)
})

test('a Redis that starts again without its data gets the stream from its producer', async () => {
  const played = await scene([a, b])
  await server.kill()
  played.attempt.push('d', 'e')
  await played.attempt.taken()
  expect(played.here.last).toBe(4)
  await server.start()
  await played.there.received(6)
  played.attempt.push('f')
  await endsWhole(played, 'abcdef')
  expect(a.log.metrics().restored).toBe(1)
  const again = await b.watch(played.streamId)
  expect(await again.ended).toBe('ended')
  expect(again.json).toEqual(played.here.json)
})

test('a tail that a failover lost is appended again by its producer', async () => {
  const played = await scene([a, b])
  played.attempt.push('d', 'e', 'f')
  await Promise.all([played.here.received(7), played.there.received(7)])
  await loseTail(server, 'sluice:', played.streamId, 4)
  played.attempt.push('g')
  await Promise.all([played.here.received(8), played.there.received(8)])
  const again = await b.watch(played.streamId)
  await endsWhole(played, 'abcdefg')
  await again.ended
  expect(again.json).toEqual(played.here.json)
})

test('a Redis that stands still for longer than a lease ends no run', async () => {
  const played = await scene([a, b])
  const connections = [a, b].map(({ log }) => log.connection)
  const replaced = connections.map((connection) => vi.spyOn(connection, 'replace'))
  server.freeze()
  played.attempt.push('d', 'e', 'f')
  await played.attempt.taken()
  // Each gives up connections that had no answer for longer than a lease.
  await until(() => replaced.every((replace) => replace.mock.calls.length > 0))
  expect(played.here.last).toBe(4)
  const asked = connections.map((connection) => vi.spyOn(connection, 'run'))
  server.thaw()
  await Promise.all([played.here.received(7), played.there.received(7)])
  // Each has looked for the dead since: it looks again only when it has done with those it found.
  await until(() =>
    asked.every((run) => run.mock.calls.filter(([script]) => script === DUE_LEASES).length > 1),
  )
  await endsWhole(played, 'abcdef')
})

test('while Redis is away a run goes on to its bound, waits there, and goes on when it is back', async () => {
  const played = await scene([a, b])
  server.freeze()
  const kilobyte = 'x'.repeat(1024)
  for (let chunk = 0; chunk < 100; chunk++) played.attempt.push(kilobyte)
  await until(() => a.hub.metrics().pauses === 1)
  // A quarter of what the stream may hold.
  expect(a.log.byteLength).toBeLessThan(40 * 1024)
  server.thaw()
  await until(() => played.there.last === 104)
  await endsWhole(played, `abc${kilobyte.repeat(100)}`)
})

/** Says more than the log holds, so that it trims events that the viewer here has. */
async function sayMoreThanTheLogHolds({ attempt, here, streamId }: Scene): Promise<string> {
  const kilobyte = 'x'.repeat(1024)
  for (let chunk = 0; chunk < 200; chunk++) {
    attempt.push(kilobyte)
    await attempt.taken()
  }
  await here.received(204)
  const writer = (await a.log.open(streamId))!
  await until(() => writer.first > 100)
  return kilobyte.repeat(200)
}

test('events that a probe reports before their message arrives are not read from a log that has trimmed them', async () => {
  const clock = manualClock()
  const c = instance({ url: server.url, leaseMs, maxStreamBytes: 64 * 1024, clock })
  const { connection } = c.log
  const listen = connection.listen.bind(connection)
  const held: (() => void)[] = []
  let isHolding = false
  vi.spyOn(connection, 'listen').mockImplementation((channel, hear) =>
    listen(channel, (message) => (isHolding ? held.push(() => hear(message)) : hear(message))),
  )
  const played = await scene([a, c])
  isHolding = true
  const said = await sayMoreThanTheLogHolds(played)
  const run = vi.spyOn(connection, 'run')
  await clock.pass(leaseMs / 3)
  const asked = await until(() => run.mock.calls.findIndex(([script]) => script === STATE) + 1)
  await run.mock.results[asked - 1]!.value

  for (const hear of held) {
    hear()
    await nextTurn()
  }
  isHolding = false
  await clock.pass(leaseMs / 3)
  await endsWhole(played, `abc${said}`)
  await c.hub.close()
})

test('a slower reader elsewhere gets the events that its instance still holds, also if the log has trimmed them', async () => {
  const played = await scene([a, b])
  played.there.room = 0
  const said = await sayMoreThanTheLogHolds(played)
  const heard = b.log.metrics().fanOutMs.count
  played.attempt.push('z')
  await until(() => b.log.metrics().fanOutMs.count > heard)
  played.there.drain()
  await endsWhole(played, `abc${said}z`)
})

test('a Redis without memory holds the run up, and nothing is lost when it has some', async () => {
  const played = await scene([a, b])
  await ask('CONFIG', 'SET', 'maxmemory', '1')
  played.attempt.push('d', 'e')
  await played.attempt.taken()
  await until(() => a.log.metrics().recoveries > 0)
  expect(played.there.last).toBe(4)
  await ask('CONFIG', 'SET', 'maxmemory', '0')
  await endsWhole(played, 'abcde')
})

test('scripts that Redis has forgotten are sent again', async () => {
  const played = await scene([a, b])
  await ask('SCRIPT', 'FLUSH')
  played.attempt.push('d')
  await played.there.received(5)
  await endsWhole(played, 'abcd')
})

test('without Redis a start, a read and a cancel are refused in time, and say why', async () => {
  const { streamId } = await scene([a, b])
  await server.kill()
  const refused = expect.objectContaining({ type: 'capacity', retryAfterMs: 1000 })
  await expect(b.hub.start({ stream: 'chat', input: {} })).rejects.toEqual(refused)
  await expect(b.hub.find({ streamId, owner: undefined })).rejects.toEqual(refused)
  await server.start()
})

test('a run that cannot reach Redis for too long ends, and lets its viewers go', async () => {
  const c = instance({ url: server.url, leaseMs, maxOutageMs: 500 })
  const sink = watching(await c.hub.start({ stream: 'chat', input: {} }))
  const attempt = await c.source.asked()
  await sink.received(1)
  await server.kill()
  attempt.push('a')
  await attempt.aborted
  expect(await sink.ended).toBe('expired')
  expect(c.hub.metrics().errors).toEqual({ connection_lost: 1 })
  await server.start()
  await c.hub.close()
})

test('a stream that vanished with its producer is not waited for', async () => {
  const { streamId, here, there } = await scene([a, b])
  await a.hub.close({ deadlineMs: 0 })
  expect(here.reason).toBe('shutting_down')
  await there.ended
  const { record } = await b.hub.find({ streamId, owner: undefined })
  await ask('PING').catch(() => {})
  await server.kill()
  await server.start()
  await until(() =>
    b.hub.find({ streamId: record.streamId, owner: undefined }).then(
      () => false,
      ({ type }) => type === 'not_found',
    ),
  )
})

test('after a Redis has lost all it had, what runs is asked for later, and what had ended is gone', async () => {
  const played = await scene([a, b])
  const ended = await a.hub.start({ stream: 'chat', input: {} })
  const attempt = await a.source.asked()
  attempt.finish()
  await watching(ended).ended
  await server.kill()
  await server.start()
  const streamId = played.streamId
  const find = (id: string) => b.hub.find({ streamId: id, owner: undefined })
  const seen = new Set<string>()
  const handle = await until(() =>
    find(streamId).catch((error: { readonly type: string }) => {
      seen.add(error.type)
      return undefined
    }),
  )
  expect([...seen].filter((type) => type !== 'capacity')).toEqual([])
  expect(handle.record.streamId).toBe(streamId)
  const gone = await until(() =>
    find(ended.record.streamId).then(null, ({ type }) => type !== 'capacity' && type),
  )
  expect(gone).toBe('not_found')
  await endsWhole(played, 'abc')
})

test('a viewer whose page of events does not arrive is disconnected in time, and resumes from its position', async () => {
  const c = instance({ url: server.url, leaseMs: 60_000, commandTimeoutMs: 200 })
  const { streamId, attempt, here } = await scene([a, b])
  attempt.push(...Array.from({ length: 300 }, (_, index) => `${index} `))
  await here.received(304)
  const handle = await c.hub.find({ streamId, owner: undefined })
  server.freeze()
  await until(() =>
    c.log.connection.command('', ['PING']).then(
      () => false,
      () => true,
    ),
  )
  const sink = watching(handle)
  expect(await sink.ended).toBe('failed')
  server.thaw()
  const again = await until(() => c.watch(streamId, sink.last).catch(() => undefined))
  attempt.finish()
  expect(await again.ended).toBe('ended')
  expect(sink.text + again.text).toBe(here.text)
  await c.hub.close()
})

test('viewers elsewhere do not wait for ever for a Redis that is gone', async () => {
  const c = instance({ url: server.url, leaseMs: 200, maxOutageMs: 300 })
  const { streamId } = await scene([a, b])
  const sink = await c.watch(streamId)
  await sink.received(4)
  server.freeze()
  expect(await sink.ended).toBe('expired')
  server.thaw()
  await c.hub.close()
})

test('a subscriber that Redis drops for being slow reads what it missed', async () => {
  const played = await scene([a, b])
  await ask('CONFIG', 'SET', 'client-output-buffer-limit', 'pubsub 1000 0 0')
  const kilobyte = 'x'.repeat(1024)
  for (let round = 0; round < 10; round++) {
    played.attempt.push(...Array.from({ length: 30 }, () => kilobyte))
    await until(() => played.there.last === 4 + (round + 1) * 30)
  }
  expect(b.log.metrics().refills).toBeGreaterThan(0)
  await endsWhole(played, `abc${kilobyte.repeat(300)}`)
})

test('appends that overtake each other, because scripts were forgotten meanwhile, end whole', async () => {
  const c = instance({ url: server.url, keyPrefix: 'c:', maxBatchBytes: 1 })
  const sinks = await Promise.all(
    Array.from({ length: 20 }, async () => watching(await c.hub.start({ stream: 'chat', input: {} }))),
  )
  const words = Array.from({ length: 40 }, (_, index) => `${index} `)
  for (const word of words) {
    for (const attempt of c.source.attempts) attempt.push(word)
    if (word.endsWith('0 ') || word.endsWith('5 ')) await c.log.connection.command('', ['SCRIPT', 'FLUSH'])
  }
  for (const attempt of c.source.attempts) attempt.finish()
  await Promise.all(sinks.map((sink) => sink.ended))
  expect(new Set(sinks.map(({ text }) => text))).toEqual(new Set([words.join('')]))
  await c.hub.close()
})
