import { seededRandom } from '@sluice/random'
import { micromark } from 'micromark'
import { gfmFootnote, gfmFootnoteHtml } from 'micromark-extension-gfm-footnote'
import { gfmStrikethrough, gfmStrikethroughHtml } from 'micromark-extension-gfm-strikethrough'
import { gfmTable, gfmTableHtml } from 'micromark-extension-gfm-table'
import { describe, expect, test } from 'vitest'
import { cutRandomly } from './support/cut-randomly.ts'
import { everything, fromHtml, outline, renderPieces } from './support/dom.ts'
import { footnoteCases } from './support/footnote-cases.ts'
import { randomFootnotes } from './support/random-footnotes.ts'

const ROUNDS = Number(process.env.SLUICE_RUNS ?? 1000)
const options = { ...everything, footnotes: true }

function reference(markdown: string): Element {
  return fromHtml(
    micromark(markdown, {
      extensions: [gfmFootnote(), gfmStrikethrough(), gfmTable()],
      htmlExtensions: [gfmFootnoteHtml(), gfmStrikethroughHtml(), gfmTableHtml()],
    }),
  )
}

/** A tree as text, without the addresses within the page and what is said to screen readers, which are each one's own. */
function shape(element: Element): string {
  for (const inner of element.querySelectorAll('section, section *, sup a')) {
    for (const { name, value } of [...inner.attributes]) {
      if (/^(?:id|data-.*|aria-.*)$/.test(name) || value.startsWith('#') || /foot|sr-only/.test(value))
        inner.removeAttribute(name)
    }
  }
  return outline(element)
}

describe.each(footnoteCases)('%s', (_, markdown) => {
  const expected = shape(reference(markdown))

  test('whole', () => {
    expect(shape(renderPieces([markdown], options))).toBe(expected)
  })
  test('character by character', () => {
    expect(shape(renderPieces(markdown, options))).toBe(expected)
  })
  test('cut at random', () => {
    const next = seededRandom(markdown.length)
    for (let round = 0; round < 20; round++) {
      expect(shape(renderPieces(cutRandomly(markdown, next), options))).toBe(expected)
    }
  })
})

test('random documents in random cuts are what micromark makes of them', { timeout: 600_000 }, () => {
  // White space aside: behind a footnote, micromark loses a line end that is not the footnote's.
  const words = (element: Element): string => shape(element).replaceAll(/\s+/g, '')
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const next = seededRandom(seed)
    const markdown = randomFootnotes(next)
    const found = words(renderPieces(cutRandomly(markdown, next), options))
    expect(found, `seed ${seed}: ${JSON.stringify(markdown)}`).toBe(words(reference(markdown)))
  }
})

test('calls and footnotes lead to each other, at addresses of the view', () => {
  const root = renderPieces(['a[^forms] b[^forms]\n\n[^forms]: x\n'], { footnotes: true })
  const calls = [...root.querySelectorAll('p > sup > a')]
  const item = root.querySelector('li')!
  const back = [...item.querySelectorAll('p > a')]
  expect(calls.map((call) => call.getAttribute('href'))).toEqual([`#${item.id}`, `#${item.id}`])
  expect(back.map((link) => link.getAttribute('href'))).toEqual(calls.map(({ id }) => `#${id}`))
  expect(back.map((link) => link.getAttribute('aria-label'))).toEqual([
    'Back to reference 1',
    'Back to reference 1-2',
  ])
  expect(root.querySelector('h2')!.id).toBe(calls[0]!.getAttribute('aria-describedby'))
  expect(root.innerHTML).not.toMatch(/(?:id|href)="[^"]*forms/)
  const other = renderPieces(['a[^forms]\n\n[^forms]: x\n'], { footnotes: true })
  expect(other.querySelector('li')!.id).not.toBe(item.id)
})

test('the words are the application’s, and the heading is lowered with the others', () => {
  const footnotes = { heading: 'Fußnoten', back: 'Zurück zu' }
  const root = renderPieces(['a[^1]\n\n[^1]: x\n'], { footnotes, headingOffset: 1 })
  expect(root.querySelector('h3')!.textContent).toBe('Fußnoten')
  expect(root.querySelector('li a')!.getAttribute('aria-label')).toBe('Zurück zu 1')
})

test('they are off by default', () => {
  expect(shape(renderPieces(['a[^1]\n\n[^1]: x\n'], {}))).toBe('<p>a<a href="x">^1</a></p>')
})
