import { seededRandom } from '@sluice/random'
import { describe, expect, test } from 'vitest'
import { cutRandomly } from './support/cut-randomly.ts'
import { everything, fromHtml, outline, renderPieces } from './support/dom.ts'
import { gfmReference } from './support/gfm.ts'
import { randomDocument } from './support/random-document.ts'
import { reference } from './support/reference.ts'

const ROUNDS = Number(process.env.SLUICE_RUNS ?? 1000)

describe('random documents in random cuts', { timeout: 600_000 }, () => {
  test('are what the reference parser makes of them', () => {
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const next = seededRandom(seed)
      const markdown = randomDocument(next, false)
      // The reference leaves an empty paragraph where a definition has a thematic break below it.
      const expected = outline(fromHtml(reference(markdown))).replaceAll('<p></p>', '')
      const found = outline(renderPieces(cutRandomly(markdown, next), { ...everything, gfm: false }))
      expect(found, `seed ${seed}: ${JSON.stringify(markdown)}`).toBe(expected)
    }
  })

  test('are, with the extensions, what micromark makes of them', () => {
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const next = seededRandom(seed)
      const markdown = randomDocument(next, true)
      const expected = outline(fromHtml(gfmReference(markdown)))
      const found = outline(renderPieces(cutRandomly(markdown, next)))
      expect(found, `seed ${seed}: ${JSON.stringify(markdown)}`).toBe(expected)
    }
  })

  test('are the same whole, with all options', () => {
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const next = seededRandom(seed + 1e6)
      const markdown = `${randomDocument(next, false)}\n\n${randomDocument(next, true)}\n${randomDocument(next, false)}`
      const options = { html: true, images: () => null, headingOffset: 2 }
      const whole = outline(renderPieces([markdown], options))
      const cut = outline(renderPieces(cutRandomly(markdown, next), options))
      expect(cut, `seed ${seed}: ${JSON.stringify(markdown)}`).toBe(whole)
    }
  })
})
