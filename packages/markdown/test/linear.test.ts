import { describe, expect, test } from 'vitest'
import { GrowingDocument } from '../src/render/document.ts'
import { document } from './support/dom.ts'

/** The parser's work on a text in tokens of four characters, each shown before the next comes. */
function workOn(text: string): number {
  const growing = new GrowingDocument(document.createElement('div'))
  for (let at = 0; at < text.length; at += 4) {
    growing.add(text.slice(at, at + 4))
    growing.show()
  }
  growing.finish()
  return growing.work
}

const filled = (part: string, length: number): string =>
  part.repeat(Math.ceil(length / part.length)).slice(0, length)

const documents: readonly (readonly [name: string, text: (length: number) => string])[] = [
  ['one tight list', (length) => filled('- an item with **bold** and `code`\n', length)],
  ['one loose list', (length) => filled('- an item with **bold** and `code`\n\n', length)],
  ['one nested list', (length) => filled('- item\n  - inner\n    1. innermost\n', length)],
  ['one table', (length) => `| a | b |\n|-|-|\n${filled('| cell *x* | another cell |\n', length)}`],
  ['one fenced code block', (length) => `\`\`\`js\n${filled('const value = call(1, 2)\n', length)}`],
  ['one code block of one line', (length) => `\`\`\`js\n${filled('call(1, 2);', length)}`],
  ['one indented code block', (length) => filled('    const value = call(1, 2)\n', length)],
  ['one paragraph of lines', (length) => filled('some *words* of [text](https://a.example), and\n', length)],
  [
    'one paragraph of one line',
    (length) => filled('some *words* of [text](https://a.example), and ', length),
  ],
  ['one word', (length) => filled('word', length)],
  ['a paragraph in which nothing closes', (length) => `**[open \`${filled('more words and ', length)}`],
  ['a paragraph of openers', (length) => filled('*a _b ', length)],
  ['a paragraph of brackets', (length) => filled('[a ', length)],
  ['one raw HTML block', (length) => `<div>\n${filled('<span class="x">text</span>\n', length)}`],
  ['one long HTML line', (length) => `<div>${filled('<span class="x">text</span>', length)}`],
  ['one quote', (length) => filled('> quoted words in **one** quote\n', length)],
  ['link reference definitions', (length) => filled('[label]: https://a.example "title"\n', length)],
  [
    'a mixed document',
    (length) =>
      filled('# Head\n\nText **b**.\n\n- one\n- two\n\n```js\nx()\n```\n\n|a|b|\n|-|-|\n|1|2|\n\n', length),
  ],
]

describe.each(documents)('%s', (_, text) => {
  test('costs ten times as much when it is ten times as long', () => {
    const small = workOn(text(3_000))
    const large = workOn(text(30_000))
    expect(large / small).toBeLessThan(12)
  })
})
