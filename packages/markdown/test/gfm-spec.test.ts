import { seededRandom } from '@sluice/random'
import { Parser } from 'commonmark'
import { describe, expect, test } from 'vitest'
import { cutRandomly } from './support/cut-randomly.ts'
import { everything, fromHtml, outline, renderPieces } from './support/dom.ts'
import { type Example, gfmExamples } from './support/gfm-spec.ts'
import { reference } from './support/reference.ts'

const examples = gfmExamples()

/** Examples of CommonMark's part with a bare address, which is a link as soon as GFM's extension is on. */
const WITH_ADDRESS = new Set([610, 616, 619, 620])

function hasRawHtml(markdown: string): boolean {
  const walker = new Parser().parse(markdown).walker()
  for (let event = walker.next(); event !== null; event = walker.next())
    if (event.node.type === 'html_block' || event.node.type === 'html_inline') return true
  return false
}

/** What the specification says; raw HTML is text here, so examples of it are compared with the reference parser. */
function expectedOf({ markdown, html, extension }: Example): string {
  const isAboutHtml = extension === '' || extension === 'tagfilter'
  return outline(fromHtml(isAboutHtml && hasRawHtml(markdown) ? reference(markdown) : html))
}

describe.each(examples)('example $number ($section)', (example) => {
  const { markdown, number } = example
  const expected = expectedOf(example)
  const options = { ...everything, gfm: !WITH_ADDRESS.has(number) }

  test('whole', () => {
    expect(outline(renderPieces([markdown], options))).toBe(expected)
  })
  test('character by character', () => {
    expect(outline(renderPieces(markdown, options))).toBe(expected)
  })
  test('cut at random', () => {
    const next = seededRandom(number)
    for (let round = 0; round < 10; round++)
      expect(outline(renderPieces(cutRandomly(markdown, next), options))).toBe(expected)
  })
})

test('there are 673 examples, 24 of them about extensions', () => {
  expect(examples).toHaveLength(673)
  expect(examples.filter(({ extension }) => extension !== '')).toHaveLength(24)
})

test('none of the tags that GFM disallows is an element, also if all that can be allowed are', () => {
  const { markdown } = examples.find(({ extension }) => extension === 'tagfilter')!
  const shown = renderPieces(markdown, { html: true })
  expect(shown.querySelector('title, style, xmp, blockquote')).toBeNull()
  expect(shown.textContent).toContain('<style>')
})
