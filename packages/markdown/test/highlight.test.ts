import { common, createLowlight } from 'lowlight'
import { expect, test } from 'vitest'
import { lowlightHighlight } from '../src/render/highlight.ts'
import { showTokens } from '../src/render/tokens.ts'
import { document } from './support/dom.ts'

const highlight = lowlightHighlight(createLowlight(common))

test('code is coloured as lowlight has it', () => {
  const text = 'const n = f("1") // <b>\n'
  const code = document.createElement('code')
  expect(showTokens(code, highlight(text, 'js')!, text)).toBe(true)
  expect(code.innerHTML).toBe(
    '<span class="hljs-keyword">const</span> n = <span class="hljs-title function_">f</span>(' +
      '<span class="hljs-string">"1"</span>) <span class="hljs-comment">// &lt;b&gt;</span>\n',
  )
})

test('a language that is not registered stays as it is', () => {
  expect(highlight('x', 'klingon')).toBe(null)
  expect(highlight('x', '')).toBe(null)
})

test('tokens of another text are refused', () => {
  const code = document.createElement('code')
  code.textContent = 'as it was'
  expect(showTokens(code, ['other'], 'as it was')).toBe(false)
  expect(code.textContent).toBe('as it was')
})
