import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { endEvent, newWriter, textEvent } from '../../../test/fixtures.ts'
import { Harness } from '../../../test/harness.ts'
import { manualClock, settle } from '../../testing/index.ts'
import type { LogWriter } from './log.ts'
import { type MemoryLog, type MemoryLogOptions, memoryLog } from './memory-log.ts'

const KiB = 1024
const BOUNDS = { maxStreamBytes: 64 * KiB, maxBytes: 256 * KiB, resumeMarginBytes: 0 }

function newLog(options: MemoryLogOptions = {}): MemoryLog {
  return memoryLog({ clock: manualClock(), ...BOUNDS, ...options })
}

function fill(writer: LogWriter, bytes: number): LogWriter {
  for (let held = 0; held < bytes; ) held += writer.append(textEvent(writer.next, 'x'.repeat(100)))
  return writer
}

function endedOf(log: MemoryLog, owner: string | undefined, bytes: number): string {
  const writer = fill(newWriter(log, { owner }), bytes)
  writer.end(endEvent(writer.next))
  return writer.record.streamId
}

describe('at the bound of all streams', () => {
  test('ended streams of the owner with the most are evicted, however old those of others are', () => {
    const log = newLog({ maxBytesPerOwner: 256 * KiB })
    const bobs = endedOf(log, 'bob', 30 * KiB)
    const anns = Array.from({ length: 8 }, () => endedOf(log, 'ann', 30 * KiB))
    expect(log.full).toBe(false)
    expect(log.open(bobs)).toBeDefined()
    expect(log.open(anns[0]!)).toBeUndefined()
    expect(log.open(anns.at(-1)!)).toBeDefined()
  })

  test('owners that are even lose alike', () => {
    const log = newLog({ maxBytesPerOwner: 256 * KiB })
    const owners = ['ann', 'bob', 'cid', 'dan']
    const ids = owners.map((owner) => Array.from({ length: 20 }, () => endedOf(log, owner, 4 * KiB)))
    expect(log.full).toBe(false)
    const left = ids.map((ofOwner) => ofOwner.filter((id) => log.open(id) !== undefined).length)
    expect(Math.max(...left) - Math.min(...left)).toBeLessThanOrEqual(2)
    expect(Math.min(...left)).toBeGreaterThan(0)
  })
})

describe('an owner at its share', () => {
  test('has its own ended streams evicted, and its running ones wait; others notice nothing', () => {
    const log = newLog()
    const bob = newWriter(log, { owner: 'bob' })
    const bobs = endedOf(log, 'bob', 10 * KiB)
    const anns = endedOf(log, 'ann', 30 * KiB)
    const running = fill(newWriter(log, { owner: 'ann' }), 40 * KiB)
    expect([log.isFullFor('ann'), running.full, log.open(anns)]).toEqual([false, false, undefined])
    const second = fill(newWriter(log, { owner: 'ann' }), 30 * KiB)
    expect([log.isFullFor('ann'), running.full, second.full]).toEqual([true, true, true])
    expect([log.full, log.isFullFor('bob'), bob.full, log.open(bobs) !== undefined]).toEqual([
      false,
      false,
      false,
      true,
    ])
    second.end(endEvent(second.next))
    expect([log.isFullFor('ann'), running.full]).toEqual([false, false])
  })

  test('is a share of what it is, and streams without an owner have none', () => {
    const log = newLog()
    const writers = Array.from({ length: 3 }, () => fill(newWriter(log), 60 * KiB))
    expect(writers.map(({ full }) => full)).toEqual([false, false, false])
    expect(log.isFullFor('ann')).toBe(false)
  })

  test('is refused new streams, and told so', async () => {
    const harness = new Harness({ log: BOUNDS })
    for (let count = 0; count < 2; count++) {
      await harness.start({ owner: 'ann' })
      const attempt = await harness.source.asked()
      attempt.push('x'.repeat(50 * KiB))
    }
    await settle(10)
    await expect(harness.start({ owner: 'ann' })).rejects.toMatchObject({ type: 'rate_limit', status: 429 })
    await expect(harness.start({ owner: 'bob' })).resolves.toBeDefined()
  })
})

test('while memory is scarce owners with more than their fair part wait, and the others go on to the end', () => {
  const log = newLog({ maxBytesPerOwner: 256 * KiB })
  const bob = fill(newWriter(log, { owner: 'bob' }), KiB)
  const ann: LogWriter[] = []
  while (log.byteLength < 192 * KiB) ann.push(fill(newWriter(log, { owner: 'ann' }), 20 * KiB))
  expect(log.byteLength).toBeLessThan(224 * KiB)
  expect([ann.every(({ full }) => full), bob.full]).toEqual([true, false])
  fill(bob, 15 * KiB)
  expect([bob.full, log.full]).toEqual([false, false])
})

test('a waiting stream is told when its owner has room again', async () => {
  const harness = new Harness({ log: BOUNDS })
  const [one, two] = [await harness.start({ owner: 'ann' }), await harness.start({ owner: 'ann' })]
  const [first, second] = [await harness.source.asked(), await harness.source.asked()]
  first.push('x'.repeat(50 * KiB))
  await settle(10)
  for (let count = 0; count < 20; count++) second.push('y'.repeat(KiB))
  await settle(10)
  const { last } = two
  expect(last).toBeLessThan(21)
  await harness.hub.cancel({ streamId: one.record.streamId, owner: 'ann' })
  await settle(10)
  expect(two.last).toBe(21)
})

test('the number of streams is bounded, and the owner with the most gives way', () => {
  const log = newLog({ maxStreams: 10 })
  const bobs = endedOf(log, 'bob', 100)
  for (let count = 0; count < 50; count++) endedOf(log, 'ann', 100)
  expect([log.size.streams, log.open(bobs) !== undefined]).toEqual([10, true])
  const running = Array.from({ length: 10 }, () => newWriter(log, { owner: 'cid' }))
  expect([log.size.streams, log.full, running.some(({ ended }) => ended)]).toEqual([10, true, false])
})

test('property: what is counted is what is held, by owner and in all, and the bounds hold', () => {
  const owner = fc.constantFrom('ann', 'bob', undefined)
  const step = fc.oneof(
    fc.record({ kind: fc.constant('start' as const), owner }),
    fc.record({ kind: fc.constant('append' as const), which: fc.nat(20), bytes: fc.nat(20 * KiB) }),
    fc.record({ kind: fc.constant('end' as const), which: fc.nat(20) }),
    fc.record({ kind: fc.constant('forget' as const), which: fc.nat(20) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const log = newLog({ maxStreams: 8 })
      const writers: LogWriter[] = []
      for (const taken of steps) {
        if (taken.kind === 'start') {
          if (!log.full) writers.push(newWriter(log, { owner: taken.owner }))
          continue
        }
        const writer = writers[taken.which % Math.max(writers.length, 1)]
        if (writer === undefined || (writer.ended && taken.kind !== 'forget')) continue
        if (taken.kind === 'append' && !writer.full) fill(writer, Math.min(taken.bytes, 20 * KiB))
        else if (taken.kind === 'end') writer.end(endEvent(writer.next))
        else if (taken.kind === 'forget') log.forget(writer.record.streamId)
      }
      // A stream looks before it appends, so it is above by one append at most.
      expect(log.byteLength).toBeLessThanOrEqual(BOUNDS.maxBytes + 8 * 24 * KiB)
      expect(log.size.streams).toBeLessThanOrEqual(8)
      const held = writers.filter(({ record }) => log.open(record.streamId) !== undefined)
      expect(held).toHaveLength(log.size.streams)
      for (const writer of held) {
        if (!writer.ended) writer.end(endEvent(writer.next))
        log.forget(writer.record.streamId)
      }
      expect([log.byteLength, log.size.streams]).toEqual([0, 0])
    }),
    { numRuns: 60 },
  )
}, 60_000)
