import { seededRandom } from '@sluice/random'
import spec from 'commonmark-spec'
import { describe, expect, test } from 'vitest'
import { cutRandomly } from './support/cut-randomly.ts'
import { everything, fromHtml, outline, renderPieces } from './support/dom.ts'
import { reference } from './support/reference.ts'

const options = { ...everything, gfm: false }

describe.each(spec.tests)('example $number ($section)', ({ markdown }) => {
  const expected = outline(fromHtml(reference(markdown)))

  test('whole', () => {
    expect(outline(renderPieces([markdown], options))).toBe(expected)
  })
  test('character by character', () => {
    expect(outline(renderPieces(markdown, options))).toBe(expected)
  })
  test('cut at random', () => {
    const next = seededRandom(markdown.length)
    for (let round = 0; round < 10; round++) {
      expect(outline(renderPieces(cutRandomly(markdown, next), options))).toBe(expected)
    }
  })
})

test.each(['\r\n', '\r'])('lines may end in %j, also cut in two', (ending) => {
  for (const { markdown, number } of spec.tests) {
    const expected = outline(fromHtml(reference(markdown)))
    expect(outline(renderPieces(markdown.replaceAll('\n', ending), options)), `example ${number}`).toBe(
      expected,
    )
  }
})

test('there are 652 examples', () => {
  expect(spec.tests).toHaveLength(652)
})
