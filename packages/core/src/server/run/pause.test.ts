import { describe, expect, test } from 'vitest'
import { Harness, type HarnessOptions } from '../../../test/harness.ts'
import type { ScriptedAttempt } from '../../testing/index.ts'
import { recordingSink, settle } from '../../testing/index.ts'
import type { LogProducer, StreamLog } from '../log/log.ts'
import type { MemoryLog } from '../log/memory-log.ts'

const SMALL = { maxStreamBytes: 16_384, resumeMarginBytes: 1024 }
const MUCH = 1000
const text = (index: number) => `${index} `.padEnd(100, '.')

function small(more: HarnessOptions = {}): Harness {
  return new Harness({ log: SMALL, ...more })
}

function pushMuch(attempt: ScriptedAttempt): string {
  const texts = Array.from({ length: MUCH }, (_, index) => text(index))
  attempt.push(...texts)
  return texts.join('')
}

describe('at the bound of its log', () => {
  test('a run that nobody reads is paused, and what it holds stays within the bound', async () => {
    const harness = small()
    const stream = await harness.start()
    const attempt = await harness.source.asked()
    pushMuch(attempt)
    await settle(10)
    expect(stream.last).toBeGreaterThan(50)
    expect(stream.last).toBeLessThan(MUCH / 2)
    expect(harness.log.byteLength).toBeLessThanOrEqual(SMALL.maxStreamBytes + 1024)
    const { last } = stream
    await harness.clock.pass(100_000)
    expect([stream.last, stream.ended]).toEqual([last, false])
  })

  test('it goes on when a viewer comes and reads, and no word is lost', async () => {
    const harness = small()
    const stream = await harness.start()
    const attempt = await harness.source.asked()
    const whole = pushMuch(attempt)
    await settle(10)
    const sink = recordingSink()
    sink.watch(stream)
    await attempt.taken()
    attempt.finish()
    expect(await sink.ended).toBe('ended')
    expect(sink.text).toBe(whole)
  })

  test('it goes on when a viewer that was paused reads on', async () => {
    const harness = small()
    const { sink, attempt } = await harness.play({ limit: 10 })
    const whole = pushMuch(attempt)
    await settle(10)
    expect(sink.last).toBe(10)
    sink.viewer.allow(Number.POSITIVE_INFINITY)
    await attempt.taken()
    attempt.finish()
    await sink.ended
    expect(sink.text).toBe(whole)
  })

  test('a viewer that reads keeps it from ever being paused', async () => {
    const harness = small()
    const { sink, attempt } = await harness.play()
    const whole = pushMuch(attempt)
    await attempt.taken()
    attempt.finish()
    await sink.ended
    expect(sink.text).toBe(whole)
    expect(harness.log.byteLength).toBeLessThanOrEqual(SMALL.maxStreamBytes + 1024)
  })

  test('a viewer that holds it back while another is ahead is disconnected, and the other loses nothing', async () => {
    const harness = small()
    const { stream, sink: fast, attempt } = await harness.play()
    const slow = recordingSink()
    slow.watch(stream, { limit: 5 })
    const whole = pushMuch(attempt)
    expect(await slow.ended).toBe('lagging')
    await attempt.taken()
    attempt.finish()
    await fast.ended
    expect(fast.text).toBe(whole)
    expect(() => recordingSink().watch(stream, { after: slow.last })).toThrow(/too far back/)
  })

  test('a source’s event that is larger than the bound passes as well', async () => {
    const harness = small()
    const { sink, attempt } = await harness.play()
    const large = 'x'.repeat(SMALL.maxStreamBytes * 2)
    attempt.push('a', large, 'b', large, 'c')
    await attempt.taken()
    attempt.finish()
    await sink.ended
    expect(sink.text).toBe(`a${large}b${large}c`)
  })

  test('nobody reading for unreadMs ends it with log_full', async () => {
    const harness = small({ definition: { timeouts: { unreadMs: 60_000 } } })
    const stream = await harness.start()
    const attempt = await harness.source.asked()
    pushMuch(attempt)
    await settle(10)
    await harness.clock.pass(59_000)
    expect(stream.ended).toBe(false)
    await harness.clock.pass(1200)
    await attempt.aborted
    expect(stream.ended).toBe(true)
    expect(harness.ends).toMatchObject([{ outcome: 'error', error: { type: 'log_full' } }])
  })

  test('somebody being there keeps unreadMs from running', async () => {
    const harness = small({ definition: { timeouts: { unreadMs: 60_000 } } })
    const stream = await harness.start()
    const attempt = await harness.source.asked()
    pushMuch(attempt)
    await settle(10)
    await harness.clock.pass(50_000)
    const sink = recordingSink()
    sink.watch(stream, { limit: 5, stallMs: 1_000_000 })
    await harness.clock.pass(100_000)
    expect(stream.ended).toBe(false)
    sink.viewer.detach()
    await harness.clock.pass(59_000)
    expect(stream.ended).toBe(false)
    await harness.clock.pass(1200)
    expect(stream.ended).toBe(true)
  })

  test('cancelling a paused run ends it and closes its connection', async () => {
    const harness = small()
    const stream = await harness.start()
    const attempt = await harness.source.asked()
    pushMuch(attempt)
    await settle(10)
    await harness.hub.cancel({ streamId: stream.record.streamId })
    await attempt.aborted
    await attempt.ended
    expect(stream.ended).toBe(true)
  })
})

describe('leadChunks', () => {
  test('holds a run at most `leadChunks` ahead of its furthest viewer', async () => {
    const harness = new Harness({ definition: { leadChunks: 5 } })
    const { stream, sink, attempt } = await harness.play({ limit: 3 })
    const behind = recordingSink()
    behind.watch(stream, { limit: 1 })
    pushMuch(attempt)
    await settle(10)
    expect(stream.last).toBe(8)
    sink.viewer.allow(10)
    await settle(10)
    expect(stream.last).toBe(15)
    behind.viewer.allow(20)
    await settle(10)
    expect(stream.last).toBe(25)
  })

  test('without a viewer holds it at its lead, until one comes', async () => {
    const harness = new Harness({ definition: { leadChunks: 5 } })
    const stream = await harness.start()
    const attempt = await harness.source.asked()
    const whole = pushMuch(attempt)
    await settle(10)
    expect(stream.last).toBe(5)
    const sink = recordingSink()
    sink.watch(stream)
    await attempt.taken()
    attempt.finish()
    await sink.ended
    expect(sink.text).toBe(whole)
  })
})

describe('at the bound of all logs together', () => {
  const BOUNDS = { maxStreamBytes: 16_384, maxBytes: 16_384, resumeMarginBytes: 0 }

  test('a run goes on when another that held the room ends', async () => {
    const harness = new Harness({ log: BOUNDS })
    const greedy = await harness.start()
    const greedyAttempt = await harness.source.asked()
    const { sink, attempt } = await harness.play()
    pushMuch(greedyAttempt)
    await settle(10)
    expect(harness.log.full).toBe(true)
    const whole = pushMuch(attempt)
    await settle(10)
    expect(sink.text.length).toBeLessThan(whole.length)

    await harness.hub.cancel({ streamId: greedy.record.streamId })
    await attempt.taken()
    attempt.finish()
    expect(await sink.ended).toBe('ended')
    expect(sink.text).toBe(whole)
  })

  test('many runs whose viewers have read everything do not hold each other up', async () => {
    const harness = new Harness({ log: BOUNDS })
    const scenes = []
    for (let count = 0; count < 12; count++) scenes.push(await harness.play())
    const wholes = scenes.map(({ attempt }) => pushMuch(attempt))
    await Promise.all(scenes.map(({ attempt }) => attempt.taken()))
    for (const { attempt } of scenes) attempt.finish()
    await Promise.all(scenes.map(({ sink }) => sink.ended))
    expect(scenes.map(({ sink }) => sink.text)).toEqual(wholes)
  })
})

describe('with viewers on other instances', () => {
  /** A log that says this of them. */
  function seenElsewhere(elsewhere: { size: number; furthest: number }) {
    let producer: LogProducer | undefined
    let asked = 0
    const asSeen = (log: MemoryLog): StreamLog => {
      const create = log.create.bind(log)
      log.create = (record) => {
        const creation = create(record)
        if (creation.outcome !== 'created') return creation
        const { writer } = creation
        const setProducer = writer.setProducer.bind(writer)
        Object.defineProperties(writer, {
          elsewhere: { value: Object.assign(elsewhere, { ask: () => asked++ }) },
          setProducer: {
            value: (of: LogProducer) => {
              producer = of
              setProducer(of)
            },
          },
        })
        return creation
      }
      return log
    }
    return { asSeen, asked: () => asked, moved: () => producer?.progressed() }
  }

  test('a run stays within `leadChunks` of the furthest of them, and asks for its position', async () => {
    const elsewhere = { size: 1, furthest: 0 }
    const { asSeen, asked, moved } = seenElsewhere(elsewhere)
    const harness = new Harness({ definition: { leadChunks: 5 }, asSeen })
    const stream = await harness.start()
    const attempt = await harness.source.asked()
    pushMuch(attempt)
    await settle(10)
    expect(stream.last).toBe(5)
    expect(asked()).toBe(1)
    await harness.clock.pass(1_000_000)
    expect(stream.ended).toBe(false)
    elsewhere.furthest = 5
    moved()
    await settle(10)
    expect(stream.last).toBe(10)
  })

  test('at the bound what the first of them has not passed is kept', async () => {
    const elsewhere = { size: 1, furthest: 0 }
    const { asSeen, moved } = seenElsewhere(elsewhere)
    const harness = small({ asSeen })
    const stream = await harness.start()
    pushMuch(await harness.source.asked())
    await settle(10)
    const { last } = stream
    expect(() => stream.checkCursor(0)).not.toThrow()
    elsewhere.furthest = last
    moved()
    await settle(10)
    expect(stream.last).toBeGreaterThan(last)
    expect(() => stream.checkCursor(0)).toThrow()
    expect(() => stream.checkCursor(last)).not.toThrow()
  })

  test('viewers here that hold back one who is ahead elsewhere are disconnected', async () => {
    const elsewhere = { size: 1, furthest: 0 }
    const { asSeen, moved } = seenElsewhere(elsewhere)
    const harness = small({ asSeen })
    const { sink, stream, attempt } = await harness.play({ limit: 3 })
    pushMuch(attempt)
    await settle(10)
    expect(sink.reason).toBeUndefined()
    elsewhere.furthest = stream.last
    moved()
    await settle(10)
    expect(sink.reason).toBe('lagging')
  })
})
