import { seededRandom } from '@sluice/random'
import { describe, expect, test } from 'vitest'
import { cutRandomly } from './support/cut-randomly.ts'
import { fromHtml, outline, renderPieces } from './support/dom.ts'
import { gfmReference } from './support/gfm.ts'
import { gfmCases } from './support/gfm-cases.ts'

describe.each(gfmCases)('%s', (_, markdown) => {
  const expected = outline(fromHtml(gfmReference(markdown)))

  test('whole', () => {
    expect(outline(renderPieces([markdown]))).toBe(expected)
  })
  test('character by character', () => {
    expect(outline(renderPieces(markdown))).toBe(expected)
  })
  test('cut at random', () => {
    const next = seededRandom(markdown.length)
    for (let round = 0; round < 20; round++) {
      expect(outline(renderPieces(cutRandomly(markdown, next)))).toBe(expected)
    }
  })
})
