import katex from 'katex'
import { describe, expect, test, vi } from 'vitest'
import { math } from '../src/math/index.ts'
import { katexMath } from '../src/math/katex.ts'
import type { RenderOptions } from '../src/options.ts'
import { document, renderPieces } from './support/dom.ts'

/** A renderer that marks what it is asked for. */
const marked = math(
  (source, { display }) =>
    document.createTextNode(`⟦${display ? '=' : ''}${source.trim()}⟧`) as unknown as Node,
)
const dollars = math((source) => document.createTextNode(`⟦${source}⟧`) as unknown as Node, { dollars: true })
const text = (pieces: Iterable<string>, options: RenderOptions): string =>
  renderPieces(pieces, options).textContent ?? ''

describe('formulas', () => {
  test.each([
    ['a $$x$$ b', 'a ⟦=x⟧ b'],
    ['$$x^2$$', '⟦=x^2⟧'],
    ['$$\nx\n=\ny\n$$\nend', '⟦=x\n=\ny⟧end'],
    ['\\[\n\\frac{a}{b}\n\\]', '⟦=\\frac{a}{b}⟧'],
    ['so \\(a_1 * b_2 * c\\) is', 'so ⟦a_1 * b_2 * c⟧ is'],
    ['\\[ x \\] then', '⟦=x⟧ then'],
    ['- \\(x\\)\n- $$y$$', '⟦x⟧⟦=y⟧'],
    ['| \\(x\\) |\n|-|\n| $$y$$ |', '⟦x⟧⟦=y⟧'],
    ['`\\(x\\)` and ```$$y$$```', '\\(x\\) and $$y$$'],
    ['```\n$$\nx\n$$\n```', '$$\nx\n$$\n'],
    ['$5 and $10', '$5 and $10'],
    ['a \\\\(not) b', 'a \\(not) b'],
  ])('%j', (markdown, shown) => {
    expect(text([markdown], { math: marked })).toBe(shown)
    expect(text(markdown, { math: marked })).toBe(shown)
  })

  test.each([
    ['so $x+y$ and $z$.', 'so ⟦x+y⟧ and ⟦z⟧.'],
    ['$5 and $10, $5-$10, 5$ or 6$', '$5 and $10, $5-$10, 5$ or 6$'],
    ['costs $20,000 to $30,000', 'costs $20,000 to $30,000'],
    ['\\$x$ y$', '$x$ y$'],
  ])('with dollars: %j', (markdown, shown) => {
    expect(text([markdown], { math: dollars })).toBe(shown)
    expect(text(markdown, { math: dollars })).toBe(shown)
  })

  test('are text without the option, as CommonMark has it', () => {
    expect(text(['a \\(x\\) $$y$$'], {})).toBe('a (x) $$y$$')
  })

  test('show their source while they grow, and where nothing can be made of them', () => {
    for (const markdown of ['see \\(a_b * c_d', 'see $$a_b * c_d', '$$\na_b * c_d\n=\nx', '\\[\na_b'])
      expect(text([markdown], { math: math() }), markdown).toBe(markdown)
    const failing = math(
      () => {
        throw new Error('no')
      },
      { onError: () => {} },
    )
    expect(text(['a \\(x\\) b $$y$$'], { math: failing })).toBe('a \\(x\\) b $$y$$')
  })

  test('a renderer is asked once for a formula, however the text grows behind it', () => {
    const render = vi.fn(() => null)
    text('before \\(x\\) and words behind it, **many** of them\n\n$$\ny\n$$\n', { math: math(render) })
    expect(render.mock.calls.map(([source]: unknown[]) => String(source).trim())).toEqual(['x', 'y'])
  })
})

describe('KaTeX', () => {
  test('is loaded with the first complete formula, and draws', async () => {
    const load = vi.fn(async () => katex)
    Object.assign(globalThis, { document })
    const root = renderPieces('no formula \\(x', { math: katexMath({ load }) })
    expect(load).not.toHaveBeenCalled()
    expect(root.textContent).toBe('no formula \\(x')
    const drawn = renderPieces('a \\(x^2\\) and\n\n$$\n\\frac{a}{b}\n$$\n', { math: katexMath({ load }) })
    await expect.poll(() => drawn.querySelectorAll('.katex').length).toBe(2)
    expect(load).toHaveBeenCalledTimes(1)
    expect(drawn.querySelector('[data-math=display] .katex-display')).not.toBeNull()
  })

  test('what it cannot read keeps its source, and nothing in it links or loads', async () => {
    Object.assign(globalThis, { document })
    const onError = vi.fn()
    const source =
      'a \\(\\frac{\\) b \\(\\href{javascript:alert(1)}{x}\\) c \\(\\includegraphics{https://evil.example/p}\\)'
    const root = renderPieces([source], { math: katexMath({ load: async () => katex, onError }) })
    await expect.poll(() => root.querySelectorAll('.katex').length).toBeGreaterThan(0)
    await expect.poll(() => onError.mock.calls.length).toBeGreaterThan(0)
    expect(root.textContent).toContain('\\(\\frac{\\)')
    expect(root.querySelectorAll('a, img, [href], [src]')).toHaveLength(0)
  })
})
