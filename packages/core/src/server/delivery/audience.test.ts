import { describe, expect, test } from 'vitest'
import { BareStream } from '../../../test/fixtures.ts'
import { jsonLines, RecordingSink, recordingSink, settle } from '../../testing/index.ts'
import type { Framing } from './viewer.ts'

describe('viewers of one stream', () => {
  test('at the same place share one frame', async () => {
    const stream = new BareStream()
    let framings = 0
    const framing: Framing = (range) => {
      framings += 1
      return jsonLines(range)
    }
    const sinks = Array.from({ length: 5 }, () => recordingSink())
    for (const sink of sinks) sink.watch(stream.audience, { framing })
    await settle()
    stream.append('a', 'b')
    await settle()
    expect(framings).toBe(1)
    for (const { frames } of sinks) expect(frames[0]).toBe(sinks[0]?.frames[0])
  })

  test('share nothing where they read differently', async () => {
    const stream = new BareStream()
    const other: Framing = (range) => jsonLines(range)
    const all = recordingSink()
    const framedElsewise = recordingSink()
    const limited = recordingSink()
    const inSmallFrames = recordingSink()
    const ahead = recordingSink()
    stream.append('a')
    for (const [sink, options] of [
      [limited, { limit: 2 }],
      [framedElsewise, { framing: other }],
      [inSmallFrames, { maxFrameBytes: 1 }],
      [ahead, { after: 1 }],
    ] as const) {
      // Right after one that reads everything, whose frame is the one that might be shared.
      recordingSink().watch(stream.audience)
      sink.watch(stream.audience, options)
    }
    all.watch(stream.audience)
    stream.append('b', 'c')
    await settle()
    expect(all.text).toBe('abc')
    expect(framedElsewise.text).toBe('abc')
    expect(limited.text).toBe('ab')
    expect(ahead.text).toBe('bc')
    expect(inSmallFrames.text).toBe('abc')
    expect(inSmallFrames.frames).toHaveLength(3)
  })

  test('are not held up by one that is slow', async () => {
    const stream = new BareStream()
    const slow = recordingSink({ room: 1 })
    const fast = recordingSink()
    slow.watch(stream.audience)
    fast.watch(stream.audience)
    for (const text of 'abcdef') {
      stream.append(text)
      await settle()
    }
    expect([slow.text, fast.text]).toEqual(['a', 'abcdef'])
    slow.drain()
    await settle()
    expect(slow.text).toBe('abcdef')
  })

  test.each([1, 2, 3])('are not disturbed when the sink of viewer %d throws on write', async (bad) => {
    const stream = new BareStream()
    const sinks = [1, 2, 3].map((n) => (n === bad ? new ThrowingSink('write') : recordingSink()))
    for (const sink of sinks) sink.watch(stream.audience)
    stream.append('a')
    await settle()
    stream.append('b')
    stream.end()
    await settle()
    expect(sinks.map(({ reason }) => reason)).toEqual([1, 2, 3].map((n) => (n === bad ? 'failed' : 'ended')))
    expect(sinks.filter(({ reason }) => reason === 'ended').map(({ text }) => text)).toEqual(['ab', 'ab'])
    expect(stream.observed.failures.map(({ cause }) => cause)).toEqual([new Error('write threw')])
  })

  test.each(['detachAll', 'stalled', 'ended', 'lagging'])(
    'are not disturbed when a sink throws on its end (%s)',
    async (how) => {
      const stream = new BareStream({ maxStreamBytes: 8192, resumeMarginBytes: 0 })
      const bad = new ThrowingSink('end')
      const good = recordingSink()
      const options = { stallMs: 1000, limit: how === 'ended' ? 100 : 1 }
      bad.watch(stream.audience, options)
      good.watch(stream.audience, how === 'lagging' ? {} : options)
      stream.append('a')
      if (how === 'lagging') stream.fill()
      await settle()
      if (how === 'detachAll') stream.audience.detachAll('shutting_down')
      else if (how === 'ended') stream.end()
      else if (how === 'lagging') expect(stream.audience.makeRoom(stream.writer)).toBe(true)
      else {
        stream.append('b')
        await settle()
        stream.clock.advance(2000)
      }
      await settle()
      expect(bad.viewer.detached).toBe(how === 'detachAll' ? 'shutting_down' : how)
      expect(stream.observed.failures.map(({ cause }) => cause)).toEqual([new Error('end threw')])
      if (how === 'lagging') expect(good.reason).toBeUndefined()
      else expect(good.reason).toBe(bad.viewer.detached)
    },
  )
})

describe('Audience', () => {
  test('knows how far its furthest viewer has come', async () => {
    const stream = new BareStream()
    stream.append(...'abcdef')
    expect(stream.audience.furthest).toBe(0)
    const [near, far] = [recordingSink(), recordingSink()]
    near.watch(stream.audience, { limit: 2 })
    far.watch(stream.audience, { limit: 5 })
    await settle()
    expect(stream.audience.furthest).toBe(5)
    far.viewer.detach()
    expect(stream.audience.furthest).toBe(2)
  })

  test('says when somebody comes, moves on or goes, and when the last has gone', async () => {
    const stream = new BareStream()
    const { audience, observed } = stream
    const progress = () => {
      const times = observed.timesProgressed
      observed.timesProgressed = 0
      return times > 0
    }
    const [one, two] = [recordingSink({ room: 1 }), recordingSink()]
    one.watch(audience)
    expect(progress()).toBe(false)
    await settle()
    expect(progress()).toBe(true)
    two.watch(audience)
    await settle()
    progress()
    stream.append('a')
    expect(progress()).toBe(false)
    await settle()
    expect(progress()).toBe(true)
    stream.append('b')
    await settle()
    progress()
    one.drain()
    await settle()
    expect(progress()).toBe(true)
    one.viewer.detach()
    expect([progress(), observed.timesEmptied]).toEqual([true, 0])
    two.viewer.detach()
    expect([progress(), observed.timesEmptied]).toEqual([true, 1])
  })

  test('lets everybody go when the log lets go of the stream', async () => {
    const stream = new BareStream()
    stream.append('a')
    stream.end()
    const sinks = [recordingSink(), recordingSink()]
    for (const sink of sinks) sink.watch(stream.audience, { limit: 1, stallMs: 60_000 })
    await settle()
    stream.log.forget(stream.writer.record.streamId)
    expect(sinks.map(({ reason }) => reason)).toEqual(['expired', 'expired'])
    expect([stream.audience.size, stream.clock.size]).toEqual([0, 0])
  })

  test('hears nothing of the log once it is closed', () => {
    const stream = new BareStream()
    stream.audience.close()
    const sink = recordingSink()
    sink.watch(stream.audience)
    stream.append('a')
    stream.log.close()
    expect(sink.reason).toBeUndefined()
  })
})

describe('making room in a log at its bound', () => {
  const full = async (limits: readonly number[], resumeMarginBytes = 0) => {
    const stream = new BareStream({ maxStreamBytes: 16_384, resumeMarginBytes })
    stream.fill()
    const sinks = limits.map((share) => {
      const sink = recordingSink()
      sink.watch(stream.audience, { limit: Math.floor(share * stream.writer.last) })
      return sink
    })
    await settle()
    return { stream, sinks, reasons: () => sinks.map(({ reason }) => reason) }
  }

  test('is not possible without a viewer: who comes later reads from the start', async () => {
    const { stream } = await full([])
    expect(stream.audience.makeRoom(stream.writer)).toBe(false)
    expect(stream.writer.first).toBe(1)
  })

  test('trims what every viewer has passed', async () => {
    const { stream, reasons } = await full([0.5, 0.8])
    expect(stream.audience.makeRoom(stream.writer)).toBe(true)
    expect(reasons()).toEqual([undefined, undefined])
    expect(stream.writer.first).toBeGreaterThan(1)
    expect(stream.writer.first - 1).toBeLessThanOrEqual(stream.audience.furthest / 1.5)
  })

  test('lets go of those furthest behind, and of no more than it takes', async () => {
    const { stream, reasons } = await full([0, 0.5, 0.9])
    expect(stream.audience.makeRoom(stream.writer)).toBe(true)
    expect(reasons()).toEqual(['lagging', undefined, undefined])
  })

  test('lets nobody go when nobody is ahead', async () => {
    const { stream, reasons } = await full([0, 0, 0])
    expect(stream.audience.makeRoom(stream.writer)).toBe(false)
    expect(reasons()).toEqual([undefined, undefined, undefined])
  })

  test('lets nobody go when that would free nothing', async () => {
    const { stream, reasons } = await full([0, 0.01])
    expect(stream.audience.makeRoom(stream.writer)).toBe(false)
    expect(reasons()).toEqual([undefined, undefined])
  })

  test('keeps the margin for those who come back', async () => {
    const { stream } = await full([0.6], 4096)
    expect(stream.audience.makeRoom(stream.writer)).toBe(true)
    const { first } = stream.writer
    expect(first).toBeGreaterThan(1)
    const kept = await stream.writer.read(first - 1, stream.audience.furthest, Number.POSITIVE_INFINITY)
    // The margin is of what is held: the unused ends of segments are in it too.
    expect(kept.byteLength).toBeGreaterThan(4096 * 0.8)
  })
})

class ThrowingSink extends RecordingSink {
  readonly #when: 'write' | 'end'

  constructor(when: 'write' | 'end') {
    super()
    this.#when = when
  }

  override write(frame: Uint8Array): boolean {
    if (this.#when === 'write') throw new Error('write threw')
    return super.write(frame)
  }

  override end(reason: Parameters<RecordingSink['end']>[0]): void {
    super.end(reason)
    if (this.#when === 'end') throw new Error('end threw')
  }
}
