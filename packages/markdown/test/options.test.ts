import { describe, expect, test } from 'vitest'
import type { RenderOptions } from '../src/options.ts'
import { GrowingDocument } from '../src/render/document.ts'
import { document, renderPieces } from './support/dom.ts'

const html = (markdown: string, options: RenderOptions = {}): string =>
  renderPieces(markdown, options).innerHTML.replace(/ dir="[a-z]+"/g, '')

describe('cjk', () => {
  test.each([
    ['**这是重点。**后面的文字', '<p><strong>这是重点。</strong>后面的文字</p>'],
    ['これは**「強調」**です', '<p>これは<strong>「強調」</strong>です</p>'],
    ['한국어**(강조)**입니다', '<p>한국어<strong>(강조)</strong>입니다</p>'],
    ['中文~~（删除）~~中文', '<p>中文<del>（删除）</del>中文</p>'],
  ])('%s', (markdown, expected) => {
    expect(html(markdown)).toBe(expected)
  })

  test('is off on demand', () => {
    expect(html('**重点。**后', { cjk: false })).toBe('<p>**重点。**后</p>')
  })
})

describe('links', () => {
  test('lead only to allowed schemes, or nowhere', () => {
    expect(html('[a](HTTPS://x.example) [b](/y) [c](irc:z)')).toBe(
      '<p><a rel="noopener noreferrer nofollow" href="HTTPS://x.example">a</a> ' +
        '<a rel="noopener noreferrer nofollow" href="/y">b</a> <a>c</a></p>',
    )
    expect(html('[c](irc:z)', { linkSchemes: ['irc'], linkTarget: '_blank' })).toContain(
      'target="_blank" href="irc:z"',
    )
    expect(html('[a](https://x.example)', { allowLink: () => false })).toBe('<p><a>a</a></p>')
  })
})

describe('images', () => {
  const markdown = '![a *b*](https://x.example/i.png "t")'

  test('are their description', () => {
    expect(html(markdown)).toBe('<p>a b</p>')
    expect(html(markdown, { images: ['https://y.example', 'http://x.example'] })).toBe('<p>a b</p>')
  })
  test('of allowed origins, or through a proxy, are loaded late and without a referrer', () => {
    const image = (src: string): string =>
      `<p><img loading="lazy" referrerpolicy="no-referrer" alt="a b" title="t" src="${src}"></p>`
    expect(html(markdown, { images: ['https://x.example'] })).toBe(image('https://x.example/i.png'))
    expect(html(markdown, { images: (url) => `/proxy?u=${encodeURIComponent(url)}` })).toBe(
      image('/proxy?u=https%3A%2F%2Fx.example%2Fi.png'),
    )
  })
})

describe('html', () => {
  test('is text on demand, comments included', () => {
    expect(html('a <b>c</b><br>', { html: false })).toBe('<p>a &lt;b&gt;c&lt;/b&gt;&lt;br&gt;</p>')
  })
  test('of harmless tags is markup, without attributes, and ends with its block', () => {
    expect(html('H<sub onclick="x" id=y>2</sub>O<br>*a* <kbd>open\n\nnext', { html: true })).toBe(
      '<p>H<sub>2</sub>O<br><em>a</em> <kbd>open</kbd></p><p>next</p>',
    )
    expect(html('<b>x</b> <i>y</i>', { html: ['B'] })).toBe('<p><b>x</b> &lt;i&gt;y&lt;/i&gt;</p>')
  })
})

describe('what models write', () => {
  test.each([
    ['| a |\n|-|\n| b<br>c |', '<tbody><tr><td>b<br>c</td></tr></tbody>'],
    ['H<sub>2</sub>O, x<sup>2</sup>, <kbd>Esc</kbd>', '<p>H<sub>2</sub>O, x<sup>2</sup>, <kbd>Esc</kbd></p>'],
    ['<kbd>Esc</kbd>\n', '<p><kbd>Esc</kbd></p>'],
    ['a <!-- hidden --> b\n\n<!-- hidden\n\ntoo -->\n\nc', '<p>a  b</p><p>c</p>'],
    [
      '<details>\n<summary>More **of it**</summary>\n\n- one\n\n</details>\n\nend',
      '<details><summary>More <strong>of it</strong></summary><ul><li>one</li></ul></details><p>end</p>',
    ],
    [
      '<details open onclick="x"><summary id="y">A</summary>text</details>\nend',
      '<details><summary>A</summary><p>text</p></details><p>end</p>',
    ],
    [
      '<details><summary>A</summary>\n\n<details><summary>B</summary>\n\nb\n\n</details>\n\na\n\n</details>\nend',
      '<details><summary>A</summary><details><summary>B</summary><p>b</p></details><p>a</p></details><p>end</p>',
    ],
    [
      '<details>\n\n```\n</details>\n```\n\n</details>\nend',
      '<details><pre><code>&lt;/details&gt;\n</code></pre></details><p>end</p>',
    ],
  ])('%j', (markdown, expected) => {
    expect(html(markdown)).toContain(expected)
    expect(renderPieces([markdown], {}).innerHTML.replace(/ dir="[a-z]+"/g, '')).toContain(expected)
  })

  test('an allow-list that names another tag is refused, with the tag', () => {
    expect(() => html('x', { html: ['b', 'script'] })).toThrow(/"html" allows <script>.*Use: b, br/)
  })

  test.each([
    '<think>Let me see.\n\n- one</think>The **answer**.',
    '<think>\nLet me see.\n\n- one\n</think>\n\nThe **answer**.',
  ])('a thought is folded: %j', (markdown) => {
    const expected =
      '<details data-think=""><summary>Thoughts</summary><p>Let me see.</p><ul><li>one</li></ul></details><p>The <strong>answer</strong>.</p>'
    expect(html(markdown, { think: 'Thoughts' })).toBe(expected)
    expect(renderPieces([markdown], { think: 'Thoughts' }).innerHTML.replace(/ dir="[a-z]+"/g, '')).toBe(
      expected,
    )
    expect(html(markdown)).toContain('&lt;think&gt;')
  })

  test('a byte order mark is no part of the text', () => {
    expect(html('\ufeff# Title')).toBe('<h1>Title</h1>')
  })

  test('tildes mean about, unless there are two', () => {
    expect(html('5~7 … 100~200, ~$0.065/h (~$47/month) ~~x~~')).toBe(
      '<p>5~7 … 100~200, ~$0.065/h (~$47/month) <del>x</del></p>',
    )
    expect(html('~x~', { singleTilde: true })).toBe('<p><del>x</del></p>')
  })

  test.each(['。谢谢', '；然后', '，and', '）'])('an address ends before %s', (behind) => {
    const address = (markdown: string, options = {}): string | null | undefined =>
      renderPieces(markdown, options).querySelector('a')?.getAttribute('href')
    expect(address(`见 https://example.com/a${behind}`)).toBe('https://example.com/a')
    expect(address(`https://example.com${behind}`)).toBe('https://example.com')
    expect(address(`https://example.com/a${behind}`, { cjk: false })).not.toBe('https://example.com/a')
  })
})

test('tasks have names, which may be in another language', () => {
  const names = (options: RenderOptions): unknown[] =>
    [...renderPieces('- [x] a\n- [ ] b\n', options).querySelectorAll('input')].map((box) => box.ariaLabel)
  expect(names({})).toEqual(['Completed task', 'Incomplete task'])
  expect(names({ taskLabels: { done: 'Erledigt', open: 'Offen' } })).toEqual(['Erledigt', 'Offen'])
})

test('headings are lowered, at most to h6', () => {
  expect(html('# a\n\n##### b', { headingOffset: 2 })).toBe('<h3>a</h3><h6>b</h6>')
})

test('what is nested too deep is text, and nothing fails', () => {
  const quotes = renderPieces([`${'> '.repeat(5000)}x`])
  expect(quotes.querySelectorAll('blockquote')).toHaveLength(200)
  const emphasis = renderPieces(['*a **b '.repeat(3000) + 'c** d*'.repeat(3000)])
  expect(emphasis.querySelectorAll('em, strong').length).toBeLessThanOrEqual(100)
})

describe('direction', () => {
  test('goes to the blocks of the text, and never to what the view is in', () => {
    const list = document.createElement('ul')
    const message = list.appendChild(document.createElement('li'))
    const growing = new GrowingDocument(message)
    for (const char of '> - \u05e9\u05dc\u05d5\u05dd') {
      growing.add(char)
      growing.show()
    }
    growing.finish()
    expect(message.querySelector('blockquote')!.dir).toBe('rtl')
    expect(message.querySelector('ul')!.dir).toBe('rtl')
    expect([message.dir, list.dir]).toEqual(['', ''])
  })

  test.each([
    ['a text that begins with a letter', 'a \u05d0', 'ltr'],
    ['one of a script from right to left', '\u05d0 a', 'rtl'],
    ['one that begins with markup', '**\u05d0** a', 'rtl'],
    ['one that begins with a tag is left to the browser', '<b>\u05d0</b> a', 'auto'],
    ['one beyond the first plane', '\u{1e900} a', 'rtl'],
    ['one without a letter', '1 + 2', 'auto'],
  ])('%s', (_, markdown, direction) => {
    expect(renderPieces(markdown, {}).querySelector('p')!.dir).toBe(direction)
  })
})
