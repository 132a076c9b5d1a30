import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { StreamErrorEvent } from '@sluice/core'
import type { RecordingSink } from '@sluice/core/testing'
import { RedisServer } from '@sluice/programs/redis'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { Keys } from '../src/find/keys.ts'
import { CREATE, TAKE } from '../src/scripts/writing.ts'
import { type Instance, instance, watching } from './support/instances.ts'
import { until } from './support/waiting.ts'

const leaseMs = 500
const idempotencyKey = 'k'.repeat(32)
const PRODUCER = fileURLToPath(new URL('support/producer.ts', import.meta.url))

let server: RedisServer
let producer: ChildProcess
let streamId: string
let keyPrefix: string
let prefixes = 0
let instances: Instance[] = []

beforeAll(async () => {
  server = await RedisServer.start()
})

afterAll(() => server.kill())

beforeEach(async () => {
  keyPrefix = `${++prefixes}:`
  producer = fork(PRODUCER, [server.url, keyPrefix, `${leaseMs}`, 'restart'], {
    execArgv: ['--conditions=sluice-source'],
  })
  const [message] = await once(producer, 'message')
  streamId = (message as { streamId: string }).streamId
})

afterEach(async () => {
  producer.kill('SIGKILL')
  await Promise.all(instances.map(({ hub }) => hub.close()))
  instances = []
})

/** An instance that begins anew what others leave, unless it is told not to. */
function another(
  definition: Parameters<typeof instance>[1] = { onProducerLost: { maxRestarts: 2 } },
): Instance {
  const made = instance({ url: server.url, keyPrefix, leaseMs, commandTimeoutMs: 500 }, definition)
  instances.push(made)
  return made
}

async function watch({ hub }: Instance, id: string): Promise<RecordingSink> {
  return watching(await hub.find({ streamId: id, owner: 'ada' }))
}

/** The id that the end of a stream names. */
function successorOf(sink: RecordingSink): string {
  const end = sink.events.at(-1) as StreamErrorEvent
  expect(end).toMatchObject({ type: 'stream_error', error_type: 'producer_lost' })
  return end.context?.restarted_as as string
}

test('an answer whose producer is killed begins anew on exactly one of the others', async () => {
  const others = [another(), another(), another()]
  const sinks = await Promise.all(others.map((each) => watch(each, streamId)))
  await Promise.all(sinks.map((sink) => sink.received(10)))
  producer.kill('SIGKILL')
  await Promise.all(sinks.map((sink) => sink.ended))
  const successors = new Set(sinks.map(successorOf))
  expect(successors.size).toBe(1)
  const [successor] = successors
  const attempt = await until(() => others.flatMap(({ source }) => source.attempts)[0])
  expect(attempt.context).toMatchObject({
    streamId: successor,
    input: { question: 'why?' },
    owner: 'ada',
    restarts: 1,
    checkpoint: 'resp_1',
    context: undefined,
  })
  const again = await Promise.all(others.map((each) => watch(each, successor!)))
  attempt.push('because')
  attempt.finish()
  await Promise.all(again.map((sink) => sink.ended))
  expect(again.map(({ text }) => text)).toEqual(['because', 'because', 'because'])
  expect(others.flatMap(({ source }) => source.attempts)).toHaveLength(1)
  expect(others.reduce((sum, { log }) => sum + log.metrics().restarts, 0)).toBe(1)
  const listed = await others[0]!.hub.list('ada')
  expect(listed.map((record) => record.streamId).sort()).toEqual([streamId, successor].sort())
})

test('a repeat of the start leads to the answer that took its place, and Stop by key stops that', async () => {
  const b = another()
  const sink = await watch(b, streamId)
  producer.kill('SIGKILL')
  await sink.ended
  const attempt = await b.source.asked()
  const handle = await b.hub.start({
    stream: 'chat',
    input: { question: 'why?' },
    owner: 'ada',
    idempotencyKey,
  })
  expect(handle.record.streamId).toBe(successorOf(sink))
  await b.hub.cancelByKey({ stream: 'chat', idempotencyKey, owner: 'ada' })
  await attempt.aborted
})

test('Stop of a stream that has ended so stops the one that took its place', async () => {
  const [b, c] = [another(), another({})]
  const sink = await watch(b, streamId)
  producer.kill('SIGKILL')
  await sink.ended
  const attempt = await b.source.asked()
  await c.hub.cancel({ streamId, owner: 'ada', reason: 'enough' })
  await attempt.aborted
  const again = await watch(c, successorOf(sink))
  await again.ended
  expect(again.events.at(-1)).toMatchObject({ type: 'stream_cancelled', reason: 'enough' })
})

test('an input that kills its producer does so for a bounded number of times', async () => {
  const witness = another({})
  let victims = [another()]
  let sink = await watch(witness, streamId)
  producer.kill('SIGKILL')
  for (let restarts = 1; restarts <= 2; restarts++) {
    await sink.ended
    sink = await watch(witness, successorOf(sink))
    const [victim] = victims
    expect((await victim!.source.asked()).context.restarts).toBe(restarts)
    victims = [another()]
    // As if its process were gone: nothing of it reaches Redis any more.
    victim!.log.connection.close()
  }
  await sink.ended
  expect(successorOf(sink)).toBeUndefined()
  expect(victims[0]!.source.attempts).toHaveLength(0)
})

test.each(['before', 'after'])(
  'an instance that dies %s it created the new stream is followed by another, with the same one',
  async (when) => {
    const witness = another({})
    const sink = await watch(witness, streamId)
    await sink.received(5)
    producer.kill('SIGKILL')
    await once(producer, 'exit')
    const { meta } = new Keys(keyPrefix).of(streamId)
    await server.command('SCRIPT', 'LOAD', TAKE.lua)
    const taken = ['taken by the dead', 'successor', `${leaseMs}`]
    const take = () => server.command('EVALSHA', TAKE.sha, '1', meta, `${Date.now()}`, ...taken)
    await until(async () => Array.isArray(await take()))
    if (when === 'after') {
      const next = new Keys(keyPrefix).of('successor')
      const record = JSON.stringify({ streamId: 'successor', stream: 'chat', owner: 'ada', createdAt: 0 })
      const creation = ['1', record, 'of the dead', 'inbox', '1', '0', '0', `${leaseMs}`, '60000']
      await server.command('EVAL', CREATE.lua, '2', next.meta, next.log, ...creation)
    }
    const b = another()
    await sink.ended
    expect(successorOf(sink)).toBe('successor')
    if (when === 'before') expect((await b.source.asked()).context.streamId).toBe('successor')
    else expect(b.source.attempts).toHaveLength(0)
  },
)

test('an answer that was cancelled already is not begun anew', async () => {
  const b = another()
  const sink = await watch(b, streamId)
  producer.kill('SIGSTOP')
  await b.hub.cancel({ streamId, owner: 'ada' })
  producer.kill('SIGKILL')
  await sink.ended
  expect(successorOf(sink)).toBeUndefined()
  expect(b.source.attempts).toHaveLength(0)
})

test('it ends if no instance would run it', async () => {
  const b = another({})
  const sink = await watch(b, streamId)
  producer.kill('SIGKILL')
  await sink.ended
  expect(successorOf(sink)).toBeUndefined()
})

test('it is left to an instance that would run it', async () => {
  const reluctant = another({})
  const sink = await watch(reluctant, streamId)
  producer.kill('SIGKILL')
  await once(producer, 'exit')
  const willing = another()
  const attempt = await willing.source.asked()
  await sink.ended
  expect(successorOf(sink)).toBe(attempt.context.streamId)
})

test('an input that the schema of now refuses ends the new stream, and says why', async () => {
  const b = another({ onProducerLost: 'restart', input: z.object({ other: z.string() }) })
  const sink = await watch(b, streamId)
  producer.kill('SIGKILL')
  await sink.ended
  const next = await watch(b, successorOf(sink))
  await next.ended
  expect(next.events).toMatchObject([{ type: 'stream_error', error_type: 'invalid_request' }])
})
