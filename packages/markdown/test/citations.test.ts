import { expect, test, vi } from 'vitest'
import type { RenderOptions } from '../src/options.ts'
import { renderPieces } from './support/dom.ts'

const citation: RenderOptions['citation'] = (id) =>
  /^[12]$/.test(id) ? { href: `https://source.example/${id}`, title: `Source ${id}`, label: `${id}` } : null
const html = (markdown: string, options: RenderOptions = { citation }): string =>
  renderPieces(markdown, options).innerHTML.replace(/ (?:dir|rel)="[^"]+"/g, '')
const link = (id: number): string =>
  `<a title="Source ${id}" data-citation="${id}" href="https://source.example/${id}">${id}</a>`

test.each([
  ['so it is [1][2].', `<p>so it is ${link(1)}${link(2)}.</p>`],
  ['so it is【1†report.pdf】.', `<p>so it is${link(1)}.</p>`],
  ['so it is [^1].', `<p>so it is ${link(1)}.</p>`],
  ['unknown [7] and 【7†x】', '<p>unknown [7] and 【7†x】</p>'],
  ['[0, 1) and [a] and a[1]', `<p>[0, 1) and [a] and a${link(1)}</p>`],
  ['**b [1]** `[1]` [1](/x)', `<p><strong>b ${link(1)}</strong> <code>[1]</code> <a href="/x">1</a></p>`],
])('%j', (markdown, expected) => {
  expect(html(markdown)).toBe(expected)
})

test('are text without the option, and a definition or a footnote comes first', () => {
  expect(html('[1] 【1†x】', {})).toBe('<p>[1] 【1†x】</p>')
  expect(html('[1]\n\n[1]: /defined\n')).toBe('<p><a href="/defined">1</a></p>')
  expect(html('a[^1]\n\n[^1]: note\n', { citation, footnotes: true })).toContain('class="footnotes"')
})

test('the hook gets id and text, and its address is checked like any other', () => {
  const hook = vi.fn(() => ({ href: 'javascript:alert(1)' }))
  expect(html('a [12]【3†x y】', { citation: hook })).toBe('<p>a [12]【3†x y】</p>')
  expect(hook.mock.calls).toEqual(
    expect.arrayContaining([
      ['12', '[12]'],
      ['3', '【3†x y】'],
    ]),
  )
})

test('a hook that throws leaves text', () => {
  const onError = vi.fn()
  const failing = (): never => {
    throw new Error('no')
  }
  expect(html('a [1]', { citation: failing, onError })).toBe('<p>a [1]</p>')
  expect(onError).toHaveBeenCalledOnce()
})
