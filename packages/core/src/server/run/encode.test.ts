import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { data, type Part } from '../../parts.ts'
import { encodeEvent, encodeText, splitText } from './encode.ts'
import { eventOfPart } from './part-events.ts'

/** Every UTF-16 string, lone surrogates included. */
const anyString = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd700, max: 0xe0ff }), fc.nat(127)))
  .map((units) => String.fromCharCode(...units))

describe('encodeText', () => {
  test('is read back as it was, whatever the text', () => {
    fc.assert(
      fc.property(anyString, fc.nat(), (content, chunkId) => {
        for (const type of ['content_chunk', 'reasoning_chunk'] as const) {
          const json = encodeText(type, chunkId, content)
          expect(JSON.parse(json)).toEqual({ type, chunk_id: chunkId, content })
          expect(json).toBe(encodeEvent(chunkId, { type, content }))
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('survives UTF-8, also if it has a lone surrogate', () => {
    fc.assert(
      fc.property(anyString, (content) => {
        const json = encodeText('content_chunk', 1, content)
        expect(Buffer.from(json).toString()).toBe(json)
      }),
    )
  })

  test('is one line, which is what SSE needs', () => {
    fc.assert(
      fc.property(anyString, (content) => {
        expect(encodeText('content_chunk', 1, content)).not.toMatch(/[\n\r]/)
      }),
    )
  })
})

describe('encodeEvent', () => {
  test('begins with type and chunk_id', () => {
    const json = encodeEvent(7, { type: 'stream_cancelled', reason: 'because' })
    expect(json).toBe('{"type":"stream_cancelled","chunk_id":7,"reason":"because"}')
  })

  test('lets no field of an event decide its chunk_id', () => {
    const part = { ...data('x', 1), chunk_id: 999 } as Exclude<Part, string>
    expect(JSON.parse(encodeEvent(7, eventOfPart(part)))).toMatchObject({ type: 'data_chunk', chunk_id: 7 })
  })
})

describe('splitText', () => {
  test('cuts into pieces that are the text again when joined', () => {
    fc.assert(
      fc.property(anyString, fc.integer({ min: 1, max: 400 }), (text, maxBytes) => {
        const pieces = [...splitText(text, maxBytes)]
        expect(pieces.join('')).toBe(text)
        expect(pieces.every((piece) => piece.length > 0)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  test('never cuts through a pair of surrogates', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 400 }), (text, maxBytes) => {
        for (const piece of splitText(text, maxBytes)) expect(piece.isWellFormed()).toBe(text.isWellFormed())
      }),
      { numRuns: 1000 },
    )
  })

  test('keeps each event within its bound, whatever has to be escaped', () => {
    const worst = fc.oneof(
      anyString,
      fc.integer({ min: 0, max: 500 }).map((length) => '\u0000'.repeat(length)),
    )
    fc.assert(
      fc.property(worst, fc.integer({ min: 128, max: 2000 }), (text, maxBytes) => {
        for (const piece of splitText(text, maxBytes)) {
          const json = encodeText('reasoning_chunk', Number.MAX_SAFE_INTEGER, piece)
          expect(Buffer.byteLength(json)).toBeLessThanOrEqual(maxBytes)
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('leaves what fits in one piece, and makes nothing of nothing', () => {
    expect([...splitText('hello', 262_144)]).toEqual(['hello'])
    expect([...splitText('', 262_144)]).toEqual([])
  })
})
