import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { StreamingError } from '../errors.ts'
import { SendWindow, type SendWindowOptions } from './send-window.ts'
import type { Ack } from './window.ts'

const RUNS = { seed: 3, numRuns: Number(process.env.SLUICE_RUNS ?? 1000) }
// As many as a soak has are more than the five seconds that a test has otherwise.
vi.setConfig({ testTimeout: 5000 + RUNS.numRuns * 2 })

/** Acks as good viewers send them, for a window of which 100 chunks have been sent. */
const goodAck = fc.record(
  { chunkId: fc.nat({ max: 100 }), limit: fc.nat({ max: 400 }) },
  { requiredKeys: ['chunkId'] },
)

/** Any value that JSON, and more than JSON, can put in the place of a number. */
const anything = fc.oneof(
  fc.nat({ max: 20 }),
  fc.integer({ min: -5, max: 300 }),
  fc.double(),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, -0, 0.5, 2 ** 53, 1e300),
  fc.anything(),
) as fc.Arbitrary<number>
const anyAck: fc.Arbitrary<Ack> = fc.record({
  chunkId: anything,
  limit: fc.option(anything, { nil: undefined }),
})

/** A window of which everything through `sent` was sent, whatever it took to be allowed to. */
function sentThrough(sent: number, options: SendWindowOptions = {}): SendWindow {
  const window = new SendWindow({ window: sent, maxWindow: Math.max(sent, 150), ...options })
  window.sent(sent)
  return window
}

describe('SendWindow', () => {
  test('lets through what was declared, then what each ack allows', () => {
    const window = new SendWindow({ after: 40, window: 10 })
    expect(window.limit).toBe(50)
    window.sent(50)
    expect(window.ack({ chunkId: 45 })).toEqual({ kind: 'raised', limit: 55, isClamped: false })
    expect(window.ack({ chunkId: 47, limit: 80 })).toEqual({ kind: 'raised', limit: 80, isClamped: false })
    expect(window.ack({ chunkId: 48, limit: 60 })).toEqual({ kind: 'unchanged', limit: 80, isClamped: false })
    expect(window.ack({ chunkId: 41 })).toEqual({ kind: 'unchanged', limit: 80, isClamped: false })
  })

  test('always lets one chunk be in flight, whatever the viewer allows', () => {
    const window = sentThrough(10)
    expect(window.ack({ chunkId: 10, limit: 0 })).toMatchObject({ kind: 'raised', limit: 11 })
  })

  test('lets no viewer have more than the maximum, now or later', () => {
    const window = new SendWindow({ window: 1e9, maxWindow: 100 })
    expect(window).toMatchObject({ window: 100, limit: 100 })
    window.sent(100)
    expect(window.ack({ chunkId: 10, limit: 1e9 })).toEqual({ kind: 'raised', limit: 110, isClamped: true })
    expect(window.ack({ chunkId: 90 })).toEqual({ kind: 'raised', limit: 190, isClamped: false })
  })

  test('refuses what cannot be, and has forgotten it at once', () => {
    const window = sentThrough(10, { now: () => 0 })
    const before = window.stats
    for (const chunkId of [Number.NaN, -1, 2.5, Number.POSITIVE_INFINITY, 2 ** 53, '3' as never]) {
      expect(window.ack({ chunkId })).toEqual({ kind: 'refused', reason: 'invalid_chunk_id' })
    }
    for (const limit of [Number.NaN, -1, 2.5, Number.POSITIVE_INFINITY, 1e300, null as never]) {
      expect(window.ack({ chunkId: 5, limit })).toEqual({ kind: 'refused', reason: 'invalid_limit' })
    }
    expect(window.ack({ chunkId: 11, limit: 20 })).toEqual({ kind: 'refused', reason: 'never_sent' })
    expect(window.stats).toEqual(before)
  })

  test('comes to the same limit by the same acks, in any order and however often', () => {
    const acksAndOrder = fc.array(goodAck, { minLength: 1, maxLength: 20 }).chain((acks) => {
      const more = fc.array(fc.constantFrom(...acks), { maxLength: 20 })
      return fc.tuple(
        fc.constant(acks),
        more.chain((again) => fc.shuffledSubarray([...acks, ...again], { minLength: acks.length })),
      )
    })
    fc.assert(
      fc.property(acksAndOrder, ([acks, received]) => {
        fc.pre(acks.every((ack) => received.includes(ack)))
        const [one, other] = [sentThrough(100), sentThrough(100)]
        for (const ack of acks) one.ack(ack)
        for (const ack of received) other.ack(ack)
        expect(other.limit).toBe(one.limit)
      }),
      RUNS,
    )
  })

  test('holds its bounds against any acks, and never throws', () => {
    fc.assert(
      fc.property(fc.array(anyAck, { maxLength: 40 }), fc.nat({ max: 50 }), (acks, step) => {
        const window = new SendWindow({ window: 20, maxWindow: 100 })
        let [sent, limit] = [0, window.limit]
        for (const ack of acks) {
          sent = Math.min(window.limit, sent + step)
          window.sent(sent)
          const outcome = window.ack(ack)
          const acked = sent - window.stats.outstanding
          expect(acked).toBeGreaterThanOrEqual(0)
          expect(window.stats.outstanding).toBeGreaterThanOrEqual(0)
          expect(window.limit).toBeGreaterThanOrEqual(Math.max(limit, acked + 1))
          expect(window.limit).toBeLessThanOrEqual(acked + 100)
          expect(outcome.kind === 'raised').toBe(window.limit > limit)
          limit = window.limit
        }
      }),
      RUNS,
    )
  })

  test('says when it was sent more than it allowed', () => {
    const window = new SendWindow({ window: 3 })
    window.sent(3)
    expect(() => window.sent(4)).toThrow(StreamingError)
    expect(() => window.sent(Number.NaN)).toThrow(StreamingError)
    expect(window.stats.outstanding).toBe(3)
  })

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '8' as never])(
    'takes no window of %s, and names the field',
    (window) => {
      expect(() => new SendWindow({ window })).toThrow(
        expect.objectContaining({
          type: 'invalid_request',
          issues: [{ path: ['window'], message: expect.any(String) }],
        }),
      )
    },
  )

  test('takes no options that would switch it off', () => {
    expect(() => new SendWindow({ after: Number.NaN })).toThrow(RangeError)
    expect(() => new SendWindow({ maxWindow: 0 })).toThrow(RangeError)
    expect(() => new SendWindow({ maxWindow: Number.POSITIVE_INFINITY })).toThrow(RangeError)
  })

  test('counts what is outstanding, how fast acks come, and how long it stood still', () => {
    let now = 0
    const window = new SendWindow({ window: 10, now: () => now })
    for (let chunkId = 1; chunkId <= 1000; chunkId++) {
      now += 10
      window.sent(chunkId)
      if (chunkId % 5 === 0) window.ack({ chunkId })
    }
    expect(window.stats.acksPerSecond).toBeCloseTo(20, -0.5)
    expect(window.stats.chunksPerSecond).toBeCloseTo(100, -1)
    expect(window.stats).toMatchObject({ outstanding: 0, limit: 1010, pausedMs: 0 })

    window.sent(1010)
    expect(window.isUsedUp).toBe(true)
    now += 100
    window.sent(1010)
    now += 200
    window.ack({ chunkId: 1000 })
    expect(window.stats).toMatchObject({ outstanding: 10, pausedMs: 300 })
    window.ack({ chunkId: 1001 })
    now += 500
    window.sent(1011)
    now += 200
    expect(window.stats.pausedMs).toBe(500)
    now += 60_000
    expect(window.stats.acksPerSecond).toBeCloseTo(0)
  })
})
