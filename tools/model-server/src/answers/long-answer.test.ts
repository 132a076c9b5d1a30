import { expect, test } from 'vitest'
import { longAnswer } from './long-answer.ts'
import { countTokens } from './tokens.ts'

test.each([1, 2, 3, 7, 64, 129, 500, 1000, 4096, 16_000])('%i tokens are exactly that many', (tokens) => {
  expect(countTokens(longAnswer(tokens))).toBe(tokens)
})

test('the same size is the same text, another size another', () => {
  expect(longAnswer(1000)).toBe(longAnswer(1000))
  expect(longAnswer(1001)).not.toBe(longAnswer(1000))
})

test('it is Markdown: headings, lists, tables and code', () => {
  const text = longAnswer(2000)
  for (const part of [/^## 1\. /m, /^- \*\*/m, /^\|---\|/m, /^```ts$/m]) expect(text).toMatch(part)
})
