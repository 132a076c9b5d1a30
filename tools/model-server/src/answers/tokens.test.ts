import { expect, test } from 'vitest'
import { countTokens, tokenize } from './tokens.ts'

const joined = (text: string) =>
  tokenize(text)
    .map((token) => token.text)
    .join('')

test.each([
  '',
  'Hello, world!',
  '𠮷野家、龘、靐、𰻝𰻝面',
  '👨‍👩‍👧‍👦 👍🏽 🏴󠁧󠁢󠁳󠁣󠁴󠁿 🇵🇹',
  'مُحَمَّد «محمد»',
  '\uFEFFa \uFFFD b\u0000\r\n\u2028',
  '<|endoftext|> is a text, <|im_start|> too',
])('%j comes back whole, in valid Unicode, with its real count', (text) => {
  const tokens = tokenize(text)
  expect(joined(text)).toBe(text)
  expect(tokens.every((token) => token.text.isWellFormed() && token.text !== '')).toBe(true)
  expect(tokens.reduce((sum, { count }) => sum + count, 0)).toBe(countTokens(text))
})

test('tokens that share a character are joined', () => {
  expect(tokenize('𠮷')).toEqual([{ text: '𠮷', count: countTokens('𠮷'), json: '"𠮷"' }])
  expect(countTokens('𠮷')).toBeGreaterThan(1)
})

test('half a surrogate pair becomes the replacement character', () => {
  expect(joined('a\uD83Db')).toBe('a\uFFFDb')
})

test('the JSON of a token is its text', () => {
  for (const { text, json } of tokenize('a "quoted" \\ line\n\u2028')) expect(JSON.parse(json)).toBe(text)
})
