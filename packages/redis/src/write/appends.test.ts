import { Buffer } from 'node:buffer'
import { Segments } from '@sluice/core/server'
import { manualClock } from '@sluice/core/testing'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { CommandArgument } from '../connection/clients.ts'
import type { Connection } from '../connection/connection.ts'
import { Keys } from '../find/keys.ts'
import type { LogContext } from '../log-context.ts'
import { RedisMeter } from '../metrics.ts'
import { boundsOf, memoryOf, type RedisLogOptions } from '../options.ts'
import { type Appending, Appends } from './appends.ts'
import { GatherTimer } from './gather-timer.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate'] })
})

afterEach(() => {
  vi.useRealTimers()
})

/** Streams on a Redis that takes all. */
function appending({
  isSharded = false,
  ...options
}: RedisLogOptions & { readonly isSharded?: boolean } = {}) {
  const commands: { readonly keys: readonly string[]; readonly args: readonly CommandArgument[] }[] = []
  const run = async (_script: unknown, keys: readonly string[], args: readonly CommandArgument[]) => {
    commands.push({ keys, args })
    return Array.from({ length: keys.length / 2 }, () => 1)
  }
  const keys = new Keys('')
  const context: LogContext = {
    instanceId: 'here',
    connection: { run, publishCommand: 'PUBLISH', isSharded } as unknown as Connection,
    keys,
    bounds: boundsOf(options),
    clock: manualClock(),
    gatherTimer: new GatherTimer(0),
    get appends() {
      return appends
    },
    meter: new RedisMeter(),
    memory: memoryOf({}),
    stoodStillSince: () => false,
  }
  const appends = new Appends(context)
  const stream = (id: string, text: string | readonly string[] = 'x', answered = () => {}): Appending => ({
    turnEnds: () => {
      const segments = new Segments()
      for (const event of [text].flat()) segments.append(event)
      const events = segments.range(0, segments.last, Number.POSITIVE_INFINITY)
      appends.add({ token: 't', keys: keys.of(id), events, isEnd: false, refreshes: false, answered })
    },
  })
  const streamsOf = () => commands.map((command) => command.keys.length / 2)
  return { appends, commands, stream, streamsOf, meter: context.meter }
}

test('what several streams append in a turn is one command', async () => {
  const { appends, stream, streamsOf, meter } = appending()
  for (const id of ['a', 'b', 'c']) appends.soon(stream(id))
  expect(streamsOf()).toEqual([])
  await vi.runAllTimersAsync()
  expect(streamsOf()).toEqual([3])
  expect(meter).toMatchObject({ appendCommands: 1, appends: 3, appendedEvents: 3 })
})

test('in a Cluster each has its own', async () => {
  const { appends, stream, streamsOf } = appending({ isSharded: true })
  for (const id of ['a', 'b', 'c']) appends.soon(stream(id))
  await vi.runAllTimersAsync()
  expect(streamsOf()).toEqual([1, 1, 1])
})

test('no command keeps others from Redis for long', async () => {
  const { appends, stream, streamsOf } = appending()
  for (let index = 0; index < 200; index++) appends.soon(stream(`${index}`))
  await vi.runAllTimersAsync()
  expect(streamsOf()).toEqual([128, 72])
  for (let index = 0; index < 6; index++) appends.soon(stream(`${index}`, 'x'.repeat(100_000)))
  await vi.runAllTimersAsync()
  expect(streamsOf().slice(2)).toEqual([2, 2, 2])
})

test('a log that gathers waits, unless somebody cannot', async () => {
  const { appends, stream, streamsOf } = appending({ lingerMs: 50 })
  appends.soon(stream('a'))
  await vi.advanceTimersByTimeAsync(49)
  expect(streamsOf()).toEqual([])
  appends.soon(stream('b'))
  await vi.advanceTimersByTimeAsync(2)
  expect(streamsOf()).toEqual([2])
  appends.soon(stream('a'))
  appends.now(stream('b'))
  await vi.advanceTimersByTimeAsync(1)
  expect(streamsOf()).toEqual([2, 2])
  await vi.advanceTimersByTimeAsync(100)
  expect(streamsOf()).toEqual([2, 2])
})

test('long text goes as the bytes that it is, short text as a string', async () => {
  const { appends, commands, stream } = appending()
  appends.soon(stream('a', 'né'))
  appends.soon(stream('b', 'né '.repeat(2000)))
  await vi.runAllTimersAsync()
  const [short, long] = [commands[0]!.args[8], commands[0]!.args[12]]
  expect(short).toBe('né')
  expect(Buffer.isBuffer(long) && long.toString()).toBe('né '.repeat(2000))
})

test('many events are a line each, wherever the log has them', async () => {
  const { appends, commands, stream } = appending()
  const texts = Array.from({ length: 300 }, (_, index) => `${index} né`.padEnd(10 + (index % 7) * 40, ','))
  appends.soon(stream('a', texts))
  await vi.runAllTimersAsync()
  const text = commands[0]!.args[8] as Buffer
  expect(text.toString().split('\n')).toEqual(texts)
})

test('what fails in one stream keeps no other from its answer', async () => {
  const { appends, stream } = appending()
  const defect = new Error('a defect')
  const thrown = new Promise((resolve) => process.once('uncaughtException', resolve))
  const answered = vi.fn()
  const fail = () => {
    throw defect
  }
  appends.soon(stream('a', 'x', fail))
  appends.soon(stream('b', 'x', answered))
  await vi.runAllTimersAsync()
  expect(answered).toHaveBeenCalledOnce()
  expect(await thrown).toBe(defect)
})
