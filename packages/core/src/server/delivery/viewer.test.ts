import { describe, expect, test } from 'vitest'
import { BareStream } from '../../../test/fixtures.ts'
import { recordingSink, settle } from '../../testing/index.ts'

describe('Viewer', () => {
  test('gets everything after its cursor, then what is appended, then the end', async () => {
    const stream = new BareStream()
    stream.append('a', 'b', 'c')
    const sink = recordingSink()
    sink.watch(stream.audience, { after: 1 })
    await settle()
    expect(sink.events.map(({ chunk_id }) => chunk_id)).toEqual([2, 3])
    stream.append('d')
    stream.end()
    expect(await sink.ended).toBe('ended')
    expect(sink.text).toBe('bcd')
    expect(sink.types.at(-1)).toBe('stream_cancelled')
  })

  test('that has read everything of an ended stream is let go without a frame', async () => {
    const stream = new BareStream()
    stream.append('a')
    stream.end()
    const sink = recordingSink()
    sink.watch(stream.audience, { after: 2 })
    expect(await sink.ended).toBe('ended')
    expect(sink.frames).toEqual([])
  })

  test('gets what was appended within one turn in one frame', async () => {
    const stream = new BareStream()
    const sink = recordingSink()
    sink.watch(stream.audience)
    await settle()
    stream.append(...'abcdef')
    await settle()
    expect(sink.frames).toHaveLength(1)
    expect(sink.text).toBe('abcdef')
  })

  test('gets frames of maxFrameBytes at most, except for one event that is larger', async () => {
    const stream = new BareStream()
    stream.append(...'abcdefgh', 'x'.repeat(1000), 'y')
    const sink = recordingSink()
    sink.watch(stream.audience, { maxFrameBytes: 150 })
    await settle()
    expect(sink.text).toBe(`abcdefgh${'x'.repeat(1000)}y`)
    const sizes = sink.frames.map(({ length }) => length)
    expect(sizes.filter((size) => size > 160)).toHaveLength(1)
    expect(sizes.length).toBeGreaterThan(5)
  })
})

describe('a viewer whose sink is full', () => {
  test('gets nothing until it is ready, and then everything', async () => {
    const stream = new BareStream()
    stream.append('a')
    const sink = recordingSink({ room: 1 })
    const viewer = sink.watch(stream.audience)
    await settle()
    stream.append('b', 'c')
    await settle()
    expect([sink.text, viewer.isPaused, viewer.cursor]).toEqual(['a', true, 1])
    sink.drain()
    await settle()
    expect([sink.text, viewer.isPaused, viewer.cursor]).toEqual(['abc', false, 3])
  })

  test('and has everything, is let go at the end without waiting for room', async () => {
    const stream = new BareStream()
    const sink = recordingSink({ room: 1 })
    sink.watch(stream.audience)
    stream.append('a')
    stream.end()
    expect(await sink.ended).toBe('ended')
  })

  test('and has everything there is, is not paused and does not stall', async () => {
    const stream = new BareStream()
    stream.append('a')
    const sink = recordingSink({ room: 1 })
    const viewer = sink.watch(stream.audience, { stallMs: 1000 })
    await settle()
    expect(viewer.isPaused).toBe(false)
    await stream.clock.pass(10_000)
    expect(viewer.detached).toBeUndefined()
    sink.viewer.detach()
    expect(stream.clock.size).toBe(0)
  })
})

describe('a viewer with a limit', () => {
  test('gets nothing above it, and the rest when it is raised', async () => {
    const stream = new BareStream()
    stream.append(...'abcdef')
    const sink = recordingSink()
    const viewer = sink.watch(stream.audience, { limit: 2 })
    await settle()
    expect([sink.text, viewer.isPaused]).toEqual(['ab', true])
    viewer.allow(5)
    await settle()
    expect(sink.text).toBe('abcde')
    viewer.allow(1000)
    await settle()
    expect([sink.text, viewer.isPaused]).toEqual(['abcdef', false])
  })

  test.each([2, 1, 0, -5, Number.NaN, Number.NEGATIVE_INFINITY])(
    'of 2 that is told %d has the same limit as before',
    async (limit) => {
      const stream = new BareStream()
      stream.append(...'abcdef')
      const sink = recordingSink()
      const viewer = sink.watch(stream.audience, { limit: 2 })
      viewer.allow(limit)
      await settle()
      expect(sink.text).toBe('ab')
    },
  )

  test.each([
    [2.5, 'ab'],
    [0.9, ''],
    [0, ''],
    [-1, ''],
    [Number.NaN, ''],
    [Number.POSITIVE_INFINITY, 'abcdef'],
  ])('of %d from the start gets %j', async (limit, text) => {
    const stream = new BareStream()
    stream.append(...'abcdef')
    const sink = recordingSink()
    sink.watch(stream.audience, { limit })
    await settle()
    expect(sink.text).toBe(text)
  })

  test('that is a fraction is never exceeded when it is raised', async () => {
    const stream = new BareStream()
    stream.append(...'abcdef')
    const sink = recordingSink()
    const viewer = sink.watch(stream.audience, { limit: 1 })
    viewer.allow(3.7)
    await settle()
    expect(sink.text).toBe('abc')
  })

  test('needs no limit for the end when it has everything', async () => {
    const stream = new BareStream()
    stream.append('a')
    stream.end()
    const sink = recordingSink()
    sink.watch(stream.audience, { limit: 2 })
    expect(await sink.ended).toBe('ended')
  })
})

describe('a viewer that takes nothing', () => {
  test.each([
    ['its sink is full', { room: 1 }, {}],
    ['its limit is reached', {}, { limit: 1 }],
  ])('is let go after stallMs when %s', async (_why, sinkOptions, options) => {
    const stream = new BareStream()
    stream.append('a', 'b')
    const sink = recordingSink(sinkOptions)
    sink.watch(stream.audience, { stallMs: 1000, maxFrameBytes: 1, ...options })
    await settle()
    stream.clock.advance(900)
    expect(sink.reason).toBeUndefined()
    stream.clock.advance(200)
    expect(sink.reason).toBe('stalled')
    expect(sink.text).toBe('a')
    expect(stream.audience.size).toBe(0)
    expect(stream.clock.size).toBe(0)
  })

  test('has its whole stallMs anew after it has taken something', async () => {
    const stream = new BareStream()
    stream.append(...'abcdef')
    const sink = recordingSink()
    const viewer = sink.watch(stream.audience, { stallMs: 1000, limit: 1 })
    for (let limit = 2; limit <= 5; limit++) {
      await settle()
      stream.clock.advance(900)
      viewer.allow(limit)
    }
    await settle()
    expect([sink.text, sink.reason]).toEqual(['abcde', undefined])
    stream.clock.advance(1100)
    expect(sink.reason).toBe('stalled')
  })

  test('gains no time by acks that allow nothing', async () => {
    const stream = new BareStream()
    stream.append('a', 'b')
    const sink = recordingSink()
    const viewer = sink.watch(stream.audience, { stallMs: 1000, limit: 1 })
    await settle()
    for (let times = 0; times < 20; times++) {
      stream.clock.advance(100)
      viewer.allow(1)
    }
    expect(sink.reason).toBe('stalled')
  })
})

describe('a viewer whose log was trimmed beneath it', () => {
  test('is let go as expired: no hole is passed over in silence', async () => {
    const stream = new BareStream({ maxStreamBytes: 4096, resumeMarginBytes: 0 })
    const sink = recordingSink()
    const viewer = sink.watch(stream.audience, { limit: 1 })
    stream.fill()
    await settle()
    stream.writer.trim(stream.writer.last)
    viewer.allow(Number.POSITIVE_INFINITY)
    stream.append('next')
    expect(await sink.ended).toBe('expired')
    expect(sink.last).toBe(1)
  })
})

describe('a viewer that was let go', () => {
  test('hears nothing more, and is told once', async () => {
    const stream = new BareStream()
    stream.append('a')
    const sink = recordingSink()
    const viewer = sink.watch(stream.audience)
    await settle()
    viewer.detach()
    viewer.detach('stalled')
    viewer.ready()
    viewer.allow(100)
    stream.append('b')
    stream.end()
    await settle()
    expect([sink.text, sink.reason, viewer.detached]).toEqual(['a', 'left', 'left'])
  })

  test('before its first frame gets none', async () => {
    const stream = new BareStream()
    stream.append('a')
    const sink = recordingSink()
    sink.watch(stream.audience).detach()
    await settle()
    expect(sink.frames).toEqual([])
  })
})
