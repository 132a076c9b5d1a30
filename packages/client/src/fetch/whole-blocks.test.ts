import fc from 'fast-check'
import { expect, test } from 'vitest'
import { WholeBlocks } from './whole-blocks.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const block = fc.oneof(
  fc.record({ id: fc.nat(), data: fc.string({ unit: 'binary' }) }).map(({ id, data }) => ({
    text: `id: ${id}.0.0\ndata: ${JSON.stringify(data)}\n\n`,
    id: `${id}.0.0`,
  })),
  fc.constantFrom({ text: ':\n', id: undefined }, { text: 'retry: 5\ndata: x\n\n', id: undefined }),
  fc.constantFrom({ text: 'id:7\r\nevent: a\r\ndata: {"id: 9":1}\r\n\r\n', id: '7' }),
)

test('however an event stream is cut, whole blocks come out of it, in order, with their last id', () => {
  fc.assert(
    fc.property(
      fc.array(block),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
      (blocks, sizes) => {
        const bytes = encoder.encode(blocks.map(({ text }) => text).join(''))
        const reader = new WholeBlocks()
        const came: Uint8Array[] = []
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const next = at + sizes[turn % sizes.length]!
          const whole = reader.feed(bytes.slice(at, next))
          at = next
          if (whole === undefined) continue
          came.push(whole.bytes)
          const before = decoder.decode(Buffer.concat(came))
          const count = ends(blocks).indexOf(before) + 1
          expect(count).toBeGreaterThan(0)
          const ids = blocks.slice(0, count).map(({ id }) => id)
          if (whole.lastId !== undefined) expect(whole.lastId).toBe(ids.findLast((id) => id !== undefined))
          expect(whole.isEnd).toBe(false)
        }
        expect(Buffer.concat(came).length + reader.pending).toBe(bytes.length)
      },
    ),
  )
})

/** The text up to the end of each block. A comment without an empty line of its own is part of the next block. */
function ends(blocks: readonly { readonly text: string }[]): string[] {
  return blocks.map((_, at) =>
    decoder.decode(
      encoder.encode(
        blocks
          .slice(0, at + 1)
          .map(({ text }) => text)
          .join(''),
      ),
    ),
  )
}

test('the end of an answer is a comment in its last block', () => {
  const blocks = new WholeBlocks()
  expect(blocks.feed(encoder.encode('id: 1\ndata: ": end"\n\n'))?.isEnd).toBe(false)
  expect(blocks.feed(encoder.encode('id: 2\n: en'))).toBeUndefined()
  expect(blocks.feed(encoder.encode('d\ndata: [DONE]\n\n'))).toMatchObject({ lastId: '2', isEnd: true })
})

test('a long block in small pieces takes time by its length, and not by the square of it', () => {
  const blocks = new WholeBlocks()
  const piece = new Uint8Array(1_000).fill(0x61)
  blocks.feed(encoder.encode('data: '))
  for (let count = 0; count < 2_000; count += 1) blocks.feed(piece)
  expect(blocks.pending).toBe(2_000_006)
  expect(blocks.feed(encoder.encode('\n\n'))?.bytes.length).toBe(2_000_008)
})
