import { describe, expect, test } from 'vitest'
import {
  endEvent,
  newRecord,
  newWriter,
  randomKey,
  silentProducer,
  textEvent,
} from '../../../test/fixtures.ts'
import { manualClock, settle } from '../../testing/index.ts'
import type { LogWriter } from './log.ts'
import { type MemoryLog, type MemoryLogOptions, memoryLog } from './memory-log.ts'

const KiB = 1024

function newLog(options: MemoryLogOptions = {}) {
  const clock = manualClock()
  return { clock, log: memoryLog({ clock, ...options }) }
}

/** A stream with `bytes` of text and little more. */
function streamOf(log: MemoryLog, bytes: number): LogWriter {
  const writer = newWriter(log)
  for (let held = 0; held < bytes; ) held += writer.append(textEvent(writer.last + 1, 'x'.repeat(100)))
  return writer
}

function endedStreamOf(log: MemoryLog, bytes: number): string {
  const writer = streamOf(log, bytes)
  writer.end(endEvent(writer.last + 1))
  return writer.record.streamId
}

describe('memoryLog', () => {
  test.each<[keyof MemoryLogOptions, number]>([
    ['maxStreamBytes', 0],
    ['maxStreamBytes', 4095],
    ['maxStreamBytes', Number.NaN],
    ['maxBytes', 1],
    ['maxBytes', Number.NaN],
    ['maxBytesPerOwner', 1],
    ['maxStreams', 0],
    ['resumeMarginBytes', -1],
    ['keepEndedMs', -1],
    ['keepEndedMs', Number.NaN],
    ['keepRefusedMs', -1],
  ])('refuses %s of %d, and names both', (option, value) => {
    const make = () => memoryLog({ [option]: value })
    expect(make).toThrow(RangeError)
    expect(make).toThrow(new RegExp(`memoryLog: ${option} is ${value}, and has to be at least \\d`))
  })

  test('keeps no more for those who come back than a quarter of a stream', () => {
    expect(memoryLog().resumeMarginBytes).toBe(KiB * KiB)
    expect(memoryLog({ maxStreamBytes: 8 * KiB }).resumeMarginBytes).toBe(2 * KiB)
    expect(memoryLog({ maxStreamBytes: 8 * KiB, resumeMarginBytes: 100 }).resumeMarginBytes).toBe(100)
  })

  test('is not shared', () => {
    expect(memoryLog().shared).toBe(false)
  })
})

describe('the bytes of a memory log', () => {
  test('are those of its streams, and none when they are gone', () => {
    const { clock, log } = newLog({ keepEndedMs: 1000 })
    expect(log.byteLength).toBe(0)
    const running = streamOf(log, 10 * KiB)
    endedStreamOf(log, 20 * KiB)
    expect(log.byteLength).toBeGreaterThanOrEqual(30 * KiB)
    expect(log.byteLength).toBeLessThan(80 * KiB)
    expect(log.size).toEqual({ streams: 2, ended: 1 })
    running.end(endEvent(running.last + 1))
    clock.advance(1200)
    expect([log.byteLength, log.size, clock.size]).toEqual([0, { streams: 0, ended: 0 }, 0])
  })

  test('are kept for as long as somebody reads, and then for their time', () => {
    const { clock, log } = newLog({ keepEndedMs: 1000 })
    const id = endedStreamOf(log, KiB)
    const stop = log.open(id)?.subscribe({ appended() {}, evicted() {} })
    clock.advance(10_500)
    expect(log.open(id)).toBeDefined()
    stop?.()
    clock.advance(2100)
    expect([log.open(id), log.byteLength, clock.size]).toEqual([undefined, 0, 0])
  })

  test('go down with a trim', () => {
    const { log } = newLog({ maxStreamBytes: 64 * KiB, resumeMarginBytes: 0 })
    const writer = streamOf(log, 60 * KiB)
    const before = log.byteLength
    writer.trim(Math.floor(writer.last / 2))
    expect(log.byteLength).toBeLessThan(before * 0.7)
    writer.trim(writer.last)
    expect(log.byteLength).toBe(0)
  })

  test('are none after close, whatever ran, and no timer is left', () => {
    const { clock, log } = newLog()
    streamOf(log, 10 * KiB)
    endedStreamOf(log, 10 * KiB)
    log.refuseKey({ owner: undefined, stream: 'chat', key: randomKey() })
    log.close()
    log.close()
    expect([log.byteLength, log.size.streams, clock.size]).toEqual([0, 0, 0])
  })

  test('do not count appends to a stream that was removed', () => {
    const { log } = newLog()
    const writer = streamOf(log, KiB)
    log.close()
    for (let n = 0; n < 100; n++) writer.append(textEvent(writer.last + 1, 'x'.repeat(100)))
    writer.end(endEvent(writer.last + 1))
    expect([log.byteLength, log.size]).toEqual([0, { streams: 0, ended: 0 }])
  })
})

describe('at the bound of all streams', () => {
  const bounds = { maxStreamBytes: 64 * KiB, maxBytes: 64 * KiB, resumeMarginBytes: 8 * KiB }

  test('ended streams are removed, the oldest first and no more than necessary', () => {
    const { log } = newLog(bounds)
    const ids = [10, 10, 10, 10].map((size) => endedStreamOf(log, size * KiB))
    const held = () => ids.map((id) => log.open(id) !== undefined)
    expect([log.full, held()]).toEqual([false, [true, true, true, true]])
    streamOf(log, 25 * KiB)
    expect(log.full).toBe(false)
    expect(held()).toEqual([false, true, true, true])
  })

  test('it is their end that counts, not their beginning', () => {
    const { log } = newLog(bounds)
    const first = streamOf(log, 15 * KiB)
    const second = endedStreamOf(log, 15 * KiB)
    first.end(endEvent(first.last + 1))
    streamOf(log, 35 * KiB)
    expect(log.full).toBe(false)
    expect(log.open(second)).toBeUndefined()
    expect(log.open(first.record.streamId)).toBeDefined()
  })

  test('an ended stream that nobody reads goes before one that somebody does', () => {
    const { log } = newLog(bounds)
    const [read, unread] = [endedStreamOf(log, 15 * KiB), endedStreamOf(log, 15 * KiB)]
    const stop = log.open(read)?.subscribe({ appended() {}, evicted() {} })
    streamOf(log, 40 * KiB)
    expect(log.full).toBe(false)
    expect([log.open(read) !== undefined, log.open(unread)]).toEqual([true, undefined])
    stop?.()
  })

  test('an ended stream that a viewer reads is removed too if no other one is left', () => {
    const { log } = newLog(bounds)
    const read = endedStreamOf(log, 15 * KiB)
    let isTold = false
    log.open(read)?.subscribe({
      appended() {},
      evicted() {
        isTold = true
      },
    })
    streamOf(log, 50 * KiB)
    expect([log.full, log.open(read), isTold]).toEqual([false, undefined, true])
  })

  test('running streams are never removed: the log is full', () => {
    const { log } = newLog(bounds)
    const writers = [streamOf(log, 32 * KiB), streamOf(log, 32 * KiB)]
    expect([log.full, writers[0]?.full, writers[1]?.full]).toEqual([true, true, true])
    for (const { first, record } of writers)
      expect([first, log.open(record.streamId)?.ended]).toEqual([1, false])
  })

  test('the margin for those who come back is given up', () => {
    const { log } = newLog(bounds)
    streamOf(log, 40 * KiB)
    const writer = streamOf(log, 4 * KiB)
    expect(writer.canTrim(writer.last)).toBe(false)
    while (!log.full) writer.append(textEvent(writer.last + 1, 'x'))
    expect(writer.canTrim(writer.last)).toBe(true)
    writer.trim(writer.last)
    expect(log.full).toBe(false)
  })

  test.each(['ends', 'is trimmed'])('a stream that was full hears when another %s', async (how) => {
    const { log } = newLog(bounds)
    const [writer, other] = [streamOf(log, 20 * KiB), streamOf(log, 40 * KiB)]
    let told = 0
    writer.setProducer({
      ...silentProducer,
      progressed() {
        told += 1
      },
    })
    expect(writer.full).toBe(true)
    await settle()
    expect(told).toBe(0)
    if (how === 'ends') other.end(endEvent(other.last + 1))
    else other.trim(other.last)
    await settle()
    expect([told, writer.full]).toEqual([1, false])
  })
})

describe('removing streams', () => {
  test('of an owner finds theirs only, running and ended', () => {
    const { log } = newLog()
    const [mine, ended, other] = [
      newWriter(log, { owner: 'ada' }),
      newWriter(log, { owner: 'ada' }),
      newWriter(log, { owner: 'bob' }),
    ]
    ended.end(endEvent(1))
    expect(log.list('ada').map(({ record }) => record.streamId)).toEqual([
      mine.record.streamId,
      ended.record.streamId,
    ])
    expect(log.list('bob')).toEqual([other])
    expect(log.list('undefined')).toEqual([])
  })

  test('forgets an ended one with its key, and leaves a running one alone', () => {
    const { log } = newLog()
    const idempotency = { key: randomKey(), inputHash: 'h' }
    const writer = newWriter(log, { idempotency })
    const { streamId } = writer.record
    log.forget(streamId)
    expect(log.open(streamId)).toBeDefined()
    writer.end(endEvent(1))
    log.forget(streamId)
    log.forget(streamId)
    expect(log.open(streamId)).toBeUndefined()
    expect(log.create(newRecord({ idempotency })).outcome).toBe('created')
  })

  test('evicts every ended one when memory is short', () => {
    const { log } = newLog()
    const running = streamOf(log, KiB)
    const ids = [endedStreamOf(log, KiB), endedStreamOf(log, KiB)]
    log.evictEnded(0)
    expect(ids.map((id) => log.open(id))).toEqual([undefined, undefined])
    expect(log.open(running.record.streamId)).toBeDefined()
    expect(log.size).toEqual({ streams: 1, ended: 0 })
  })
})

describe('what is remembered of keys that were refused', () => {
  test('is bounded: the oldest is forgotten first', () => {
    const { log } = newLog()
    const scope = (n: number) => ({ owner: undefined, stream: 'chat', key: `key-${n}` })
    for (let n = 0; n <= 10_000; n++) log.refuseKey(scope(n))
    const outcome = (n: number) =>
      log.create(newRecord({ idempotency: { key: `key-${n}`, inputHash: 'h' } })).outcome
    expect([outcome(0), outcome(1), outcome(10_000)]).toEqual(['created', 'cancelled', 'cancelled'])
  })

  test('is as old as the last refusal', () => {
    const { clock, log } = newLog({ keepRefusedMs: 1000 })
    const idempotency = { key: randomKey(), inputHash: 'h' }
    const scope = { owner: undefined, stream: 'chat', key: idempotency.key }
    log.refuseKey(scope)
    clock.advance(600)
    log.refuseKey(scope)
    clock.advance(600)
    expect(log.create(newRecord({ idempotency })).outcome).toBe('cancelled')
    clock.advance(600)
    expect(log.create(newRecord({ idempotency })).outcome).toBe('created')
    expect(clock.size).toBe(0)
  })
})
