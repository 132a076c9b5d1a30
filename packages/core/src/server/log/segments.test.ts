import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TextEventType } from '../run/coalescer.ts'
import { encodeText } from '../run/encode.ts'
import { type EventRange, Segments } from './segments.ts'

const NO_BOUND = Number.POSITIVE_INFINITY

describe('Segments', () => {
  test('is empty at first', () => {
    const segments = new Segments()
    expect([segments.first, segments.last, segments.byteLength]).toEqual([1, 0, 0])
    expect(textsOf(segments.range(0, NO_BOUND, NO_BOUND))).toEqual([])
    expect(segments.canTrim(NO_BOUND, 0)).toBe(false)
    segments.seal()
    segments.trim(NO_BOUND, 0)
    expect([segments.first, segments.last, segments.byteLength]).toEqual([1, 0, 0])
  })

  test('behaves as an array of texts that is cut off at the front', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8192 }),
        fc.array(steps(), { minLength: 1, maxLength: 60 }),
        (largest, schedule) => {
          const segments = new Segments(largest)
          const model: string[] = []
          for (const step of schedule) apply(step, segments, model)
          segments.seal()
          expectAlike(segments, model)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('text goes in as the event that it makes, whatever its characters and its length', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.string({
        unit: fc.constantFrom('a', ' ', '"', '\\', '\n', '~', '\x7f', 'é', '\u2028', '\ud800'),
        maxLength: 80,
      }),
      fc.integer({ min: 60, max: 2000 }).map((length) => 'x'.repeat(length)),
    )
    const types = fc.constantFrom<TextEventType>('content_chunk', 'reasoning_chunk')
    fc.assert(
      fc.property(
        fc.array(fc.tuple(types, texts), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 0, max: 2 ** 40 }),
        (events, after) => {
          const segments = new Segments(1024, after)
          const expected = events.map(([type, text], index) => encodeText(type, after + index + 1, text))
          const sizes = events.map(([type, text]) => segments.appendText(type, text))
          expect(textsOf(segments.range(after, NO_BOUND, NO_BOUND))).toEqual(expected)
          expect(sizes).toEqual(expected.map((json) => Buffer.byteLength(json)))
        },
      ),
      { numRuns: 500 },
    )
  })

  test('holds little more than the text', () => {
    const segments = new Segments()
    const text = 'x'.repeat(100)
    for (let n = 0; n < 10_000; n++) segments.append(text)
    expect(segments.byteLength).toBeGreaterThanOrEqual(1_000_000)
    expect(segments.byteLength).toBeLessThan(1_000_000 + 2 * 65_536)
  })

  test('is small while the text is short', () => {
    const segments = new Segments()
    segments.append('x')
    expect(segments.byteLength).toBe(256)
  })

  test('gives the unused end back when it is sealed, and changes no text', () => {
    const segments = new Segments()
    const texts = ['語'.repeat(300), 'x'.repeat(200)]
    for (const text of texts) segments.append(text)
    const before = segments.byteLength
    segments.seal()
    expect(segments.byteLength).toBeLessThan(before)
    expect(textsOf(segments.range(0, NO_BOUND, NO_BOUND))).toEqual(texts)
    const sealed = segments.byteLength
    segments.seal()
    expect(segments.byteLength).toBe(sealed)
  })

  test('writes text that fits only by its bytes, not by its worst case', () => {
    const segments = new Segments(256)
    for (const size of [232, 14, 1]) segments.append('x'.repeat(size))
    expect(textsOf(segments.range(0, NO_BOUND, NO_BOUND)).map(({ length }) => length)).toEqual([232, 14, 1])
    expect(segments.byteLength).toBe(512)
  })

  test('has a comma between two events that lie in one segment, and none in either', () => {
    const segments = new Segments()
    const texts = ['{"a":1}', '{}', '{"é":","}']
    for (const text of texts) segments.append(text)
    const bytes = Buffer.alloc(64)
    const end = segments.range(0, NO_BOUND, NO_BOUND).copy(bytes, 0)
    expect(bytes.toString('utf8', 0, end)).toBe(texts.join(','))
    expect(textsOf(segments.range(0, NO_BOUND, NO_BOUND))).toEqual(texts)
  })

  test('frees everything when everything was passed and nothing is to be kept', () => {
    const segments = new Segments(1024)
    for (let n = 0; n < 50; n++) segments.append('x'.repeat(100))
    segments.trim(50, 0)
    expect([segments.first, segments.last, segments.byteLength]).toEqual([51, 50, 0])
    segments.append('next')
    expect([segments.first, segments.last]).toEqual([51, 51])
    expect(textsOf(segments.range(50, NO_BOUND, NO_BOUND))).toEqual(['next'])
  })
})

type Step =
  | { readonly do: 'append'; readonly text: string }
  | { readonly do: 'trim'; readonly upTo: number; readonly keepBytes: number }
  | { readonly do: 'read'; readonly after: number; readonly through: number; readonly maxBytes: number }

function steps(): fc.Arbitrary<Step> {
  const share = fc.double({ min: 0, max: 1.1, noNaN: true })
  const text = fc.oneof(
    { weight: 6, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 5000 }).map((length) => '語'.repeat(length)) },
  )
  return fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('append' as const), text }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('trim' as const), upTo: share, keepBytes: fc.nat(10_000) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('read' as const),
        after: share,
        through: share,
        maxBytes: fc.nat(5000),
      }),
    },
  )
}

/** Does one step to both, and compares. `model[n]` is the text with chunk_id n + 1, whether or not it was trimmed. */
function apply(step: Step, segments: Segments, model: string[]): void {
  if (step.do === 'append') {
    segments.append(step.text)
    model.push(Buffer.from(step.text).toString())
  } else if (step.do === 'trim') {
    trimBoth(segments, model, Math.floor(step.upTo * model.length), step.keepBytes)
  } else if (model.length >= segments.first) {
    const span = segments.last - segments.first + 1
    const after = Math.min(segments.first - 1 + Math.floor(step.after * span), segments.last - 1)
    const through = Math.max(after + 1, Math.floor(step.through * segments.last))
    expectRead(segments.range(after, through, step.maxBytes), model, after, through, step.maxBytes)
  }
  expectAlike(segments, model)
}

function trimBoth(segments: Segments, model: readonly string[], upTo: number, keepBytes: number): void {
  const before = { first: segments.first, bytes: segments.byteLength }
  const could = segments.canTrim(upTo, keepBytes)
  segments.trim(upTo, keepBytes)
  expect(segments.first > before.first).toBe(could)
  expect(segments.byteLength < before.bytes).toBe(could)
  if (!could) return
  expect(segments.first).toBeLessThanOrEqual(upTo + 1)
  // The events that are kept below `upTo` are in segments of at least `keepBytes`, so all are still held.
  const kept = model.slice(segments.first - 1).reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  expect(segments.byteLength).toBeGreaterThanOrEqual(Math.max(kept, keepBytes))
}

function expectRead(
  range: EventRange,
  model: readonly string[],
  after: number,
  through: number,
  maxBytes: number,
): void {
  const texts = textsOf(range)
  const all = model.slice(after, through)
  expect(texts).toEqual(all.slice(0, texts.length))
  expect([range.first, range.last]).toEqual([after + 1, after + texts.length])
  const size = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  expect(range.byteLength).toBe(size)
  expect(texts.length).toBeGreaterThanOrEqual(1)
  if (texts.length > 1) expect(size).toBeLessThanOrEqual(maxBytes)
  const next = all[texts.length]
  if (next !== undefined) expect(size + Buffer.byteLength(next)).toBeGreaterThan(maxBytes)
}

function expectAlike(segments: Segments, model: readonly string[]): void {
  expect(segments.last).toBe(model.length)
  const texts = textsOf(segments.range(segments.first - 1, NO_BOUND, NO_BOUND))
  expect(texts).toEqual(model.slice(segments.first - 1))
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  expect(segments.byteLength).toBeGreaterThanOrEqual(bytes)
}

function float64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return bytes
}

function textsOf(range: EventRange): string[] {
  const texts: string[] = []
  let expected = range.first
  range.forEach((chunkId, json) => {
    expect(chunkId).toBe(expected++)
    texts.push(json.toString())
  })
  const lines = Buffer.alloc(range.byteLength + 8 * texts.length + 1)
  const end = range.copyEach(lines, 1, (chunkId, at) => lines.writeDoubleBE(chunkId, at))
  expect(end).toBe(lines.length)
  const numbered = texts.map((text, index) =>
    Buffer.concat([float64(range.first + index), Buffer.from(text)]),
  )
  expect(lines).toEqual(Buffer.concat([Buffer.alloc(1), ...numbered]))
  const joined = Buffer.from(texts.join(','))
  const copy = Buffer.alloc(joined.length + 2)
  expect(range.copy(copy, 1)).toBe(joined.length + 1)
  expect(copy).toEqual(Buffer.concat([Buffer.alloc(1), joined, Buffer.alloc(1)]))
  return texts
}
