import { execFile as execFileOf } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { randomKey } from '../../../test/fixtures.ts'
import { Harness, type HarnessOptions } from '../../../test/harness.ts'
import { recordingSink, settle } from '../../testing/index.ts'
import type { Creation, StreamLog, StreamRecord } from '../log/log.ts'
import type { MemoryLog } from '../log/memory-log.ts'

const execFile = promisify(execFileOf)

describe('closing a hub', () => {
  test('with nothing to do is done at once', async () => {
    const harness = new Harness()
    await harness.hub.close()
    expect(harness.clock.size).toBe(0)
  })

  test('refuses starts, also while one is under way', async () => {
    const harness = new Harness()
    const { attempt, sink } = await harness.play()
    const closing = harness.hub.close()
    expect(harness.hub.isClosing).toBe(true)
    for (const request of [{}, { idempotencyKey: randomKey() }]) {
      await expect(harness.start(request)).rejects.toMatchObject({ type: 'shutting_down', status: 503 })
    }
    attempt.finish()
    await sink.ended
    await closing
    await expect(harness.start()).rejects.toMatchObject({ type: 'shutting_down' })
  })

  test('lets what runs come to its end, and is done when it has', async () => {
    const harness = new Harness()
    const { attempt, sink } = await harness.play()
    let isClosed = false
    const closing = harness.hub.close({ deadlineMs: 60_000 }).then(() => {
      isClosed = true
    })
    attempt.push('to the ')
    await harness.clock.pass(20_000)
    expect(isClosed).toBe(false)
    attempt.push('last word')
    attempt.finish()
    await closing
    expect([sink.text, sink.types.at(-1), sink.reason]).toEqual([
      'to the last word',
      'stream_complete',
      'ended',
    ])
    expect([harness.clock.size, harness.log.byteLength]).toEqual([0, 0])
  })

  test('ends at the deadline what runs still, and its viewers see that', async () => {
    const harness = new Harness()
    const { attempt, sink } = await harness.play()
    const closing = harness.hub.close({ deadlineMs: 5000 })
    attempt.push('half')
    await harness.clock.pass(4900)
    expect(sink.reason).toBeUndefined()
    await harness.clock.pass(200)
    await closing
    await attempt.aborted
    expect(sink.events.at(-1)).toMatchObject({
      type: 'stream_error',
      error_type: 'shutting_down',
      recoverable: true,
    })
    expect(sink.reason).toBe('ended')
    expect(harness.ends).toMatchObject([{ outcome: 'error', text: 'half' }])
    expect(harness.hub.load).toEqual({ streams: 0, viewers: 0 })
    expect(harness.clock.size).toBe(0)
  })

  test('disconnects viewers who do not take the end', async () => {
    const harness = new Harness()
    const { sink } = await harness.play({ limit: 1, stallMs: 1_000_000 })
    await settle()
    const closing = harness.hub.close({ deadlineMs: 1000 })
    await harness.clock.pass(1100)
    await closing
    expect([sink.types, sink.reason]).toEqual([['stream_start'], 'shutting_down'])
    expect([harness.clock.size, harness.hub.load.viewers]).toEqual([0, 0])
  })

  test('waits for viewers of ended streams too, until the deadline', async () => {
    const harness = new Harness()
    const { attempt, sink } = await harness.play({ limit: 1, stallMs: 1_000_000 })
    attempt.push('a')
    attempt.finish()
    await settle()
    const closing = harness.hub.close({ deadlineMs: 5000 })
    await harness.clock.pass(1000)
    sink.viewer.allow(100)
    await closing
    expect([sink.text, sink.reason]).toEqual(['a', 'ended'])
  })

  test('is waited for to its end by a process that has nothing else to do', async () => {
    const script = `
      import { createHub, defineStream, memoryLog } from '@sluice/core/server'
      import { z } from 'zod'
      const run = async function* () {
        yield 'half'
        await new Promise(() => {})
      }
      const hub = createHub({ streams: { chat: defineStream({ input: z.any(), run }) }, log: memoryLog() })
      await hub.start({ stream: 'chat' })
      await hub.close({ deadlineMs: 1 })
      console.log('closed')`
    const flags = ['--conditions=sluice-source', '--input-type=module', '--eval', script]
    const { stdout } = await execFile(process.execPath, flags)
    expect(stdout).toBe('closed\n')
  })

  test('twice is the same as once', async () => {
    const harness = new Harness()
    const { attempt } = await harness.play()
    const closings = [harness.hub.close(), harness.hub.close({ deadlineMs: 1 })]
    expect(closings[0]).toBe(closings[1])
    attempt.finish()
    await Promise.all(closings)
    await harness.hub.close()
  })

  test('stops runs that wait: for a retry, for a viewer, for their provider', async () => {
    const harness = new Harness({ definition: { leadChunks: 2 }, log: { keepEndedMs: 1 } })
    const retrying = await harness.play()
    const paused = await harness.start()
    const pausedAttempt = await harness.source.asked()
    const silent = await harness.play()
    retrying.attempt.fail(new Error('x'))
    pausedAttempt.push(...'abcdef')
    await settle()
    const closing = harness.hub.close({ deadlineMs: 0 })
    await harness.clock.pass(200)
    await closing
    await pausedAttempt.aborted
    await silent.attempt.aborted
    expect([paused.ended, harness.ends.length, harness.clock.size]).toEqual([true, 3, 0])
  })

  test.each([
    ['while it closes', 0],
    ['when it has closed', 1],
  ])('refuses a start that its log answers only %s, and leaves nothing of it', async (_when, afterClose) => {
    const create: { now?: () => void } = {}
    const harness = new Harness({ asSeen: (log) => heldUp(log, create) })
    const idempotencyKey = randomKey()
    const starting = expect(harness.start({ idempotencyKey })).rejects.toMatchObject({
      type: 'shutting_down',
    })
    await settle()
    const closing = harness.hub.close({ deadlineMs: 1000 })
    if (afterClose) await closing
    create.now?.()
    await starting
    await harness.clock.pass(1100)
    await closing
    expect(harness.source.attempts).toEqual([])
    expect(harness.log.openByKey({ owner: undefined, stream: 'chat', key: idempotencyKey })).toBeUndefined()
    expect([harness.hub.load.streams, harness.log.size.streams, harness.clock.size]).toEqual([0, 0, 0])
  })
})

describe('closing a hub whose log other instances share', () => {
  const shared: HarnessOptions = {
    asSeen: (log) =>
      new Proxy<StreamLog>(log, { get: (of, name) => (name === 'shared' ? true : bound(of, name)) }),
  }

  test('lets its viewers go at once: they can go on elsewhere', async () => {
    const harness = new Harness(shared)
    const { sink, attempt } = await harness.play()
    attempt.push('a')
    await settle()
    const closing = harness.hub.close()
    expect([sink.text, sink.reason]).toEqual(['a', 'shutting_down'])
    attempt.push('b')
    attempt.finish()
    await closing
    expect(harness.ends).toMatchObject([{ outcome: 'completed', text: 'ab' }])
  })

  test('takes no new ones', async () => {
    const harness = new Harness(shared)
    const { stream, attempt } = await harness.play()
    const closing = harness.hub.close()
    expect(() => recordingSink().watch(stream)).toThrow(expect.objectContaining({ type: 'shutting_down' }))
    attempt.finish()
    await closing
  })
})

function bound(of: StreamLog, name: string | symbol): unknown {
  const value = Reflect.get(of, name, of)
  return typeof value === 'function' ? value.bind(of) : value
}

/** A log whose `create` waits until the test lets it. */
function heldUp(log: MemoryLog, create: { now?: () => void }): StreamLog {
  const wait = (record: StreamRecord): Promise<Creation> =>
    new Promise((resolve) => {
      create.now = () => resolve(log.create(record))
    })
  return new Proxy<StreamLog>(log, { get: (of, name) => (name === 'create' ? wait : bound(of, name)) })
}
