import { seededRandom } from '@sluice/random'
import spec from 'commonmark-spec'
import katex from 'katex'
import { expect, test } from 'vitest'
import type { RenderOptions } from '../src/options.ts'
import { renderMarkdown } from '../src/server/index.ts'
import { renderPieces } from './support/dom.ts'
import { payloads } from './support/payloads.ts'
import { randomDocument } from './support/random-document.ts'

const options: Omit<RenderOptions, 'math'> = {
  images: ['https://img.example'],
  footnotes: true,
  headingOffset: 1,
  linkTarget: '_blank',
  singleTilde: true,
  think: 'Thoughts',
  lineNumbers: true,
  languageLabel: true,
  citation: (id) => (id === '1' ? { href: '/1' } : null),
}

/** What the view's own DOM is as HTML, a browser's way of writing it. */
function view(markdown: string, options: RenderOptions): string {
  const pieces = markdown.match(/[\s\S]{1,1024}/g) ?? []
  return renderPieces(pieces, options).innerHTML.replace(/footnote-(\d+)/g, 'footnote-N')
}
const server = (markdown: string, options: Omit<RenderOptions, 'math'>): string =>
  renderMarkdown(markdown, options).replace(/footnote-s(\d+)/g, 'footnote-N')

test('is what the view shows, character by character: of the specification, of attacks, of random documents', {
  timeout: 60_000,
}, () => {
  const texts = [...spec.tests.map(({ markdown }) => markdown), ...payloads]
  for (let seed = 1; seed <= 300; seed++) texts.push(randomDocument(seededRandom(seed), seed % 2 === 0))
  for (const given of [{}, options, { html: false, gfm: false, cjk: false }])
    for (const text of texts) expect(server(text, given), text).toBe(view(text, given))
})

test('all character references are known at once', () => {
  expect(renderMarkdown('&dagger; &Dagger; `&`')).toBe('<p dir="auto">† ‡ <code>&amp;</code></p>')
})

test('formulas are the application’s HTML', () => {
  const html = renderMarkdown('a \\(x^2\\) $5\n', {
    math: (source, { display }) => katex.renderToString(source, { displayMode: display }),
  })
  expect(html).toMatch(/^<p dir="ltr">a <var data-math="inline"><span class="katex">.*<\/var> \$5<\/p>$/)
})

test('a megabyte takes no stack, and a tag that cannot be shown is refused', () => {
  expect(renderMarkdown('word '.repeat(200_000)).length).toBeGreaterThan(1_000_000)
  expect(() => renderMarkdown('x', { html: ['script'] })).toThrow(TypeError)
})
