import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RenderOptions } from '../src/options.ts'
import { StepCounter } from './support/steps/counter.ts'
import { stepsOf } from './support/steps/pattern.ts'

const counter = new StepCounter()
const RUNS = Number(process.env.SLUICE_RUNS ?? 60)
// The usual run looks at the same shapes each time; the soak, and whoever sets SLUICE_RUNS, at others each time. A new finding
// is a defect of its own, and not one of the change that happened to meet it.
const SEED = process.env.SLUICE_SEED ?? (process.env.SLUICE_RUNS === undefined ? '1' : undefined)

/** Characters: beyond the lengths below which a text may be looked at again and again. */
const SMALL = 2_000
const TIMES = 4
/** Linear is 4; a text that is parsed again when it has grown by a quarter moves around that. Quadratic is 16. */
const LIMIT = 6.5

interface Shape {
  readonly head: string
  readonly unit: string
  readonly tail: string
}

/** How many times the steps are for a text that is four times as long. */
async function growthOf(
  { head, unit, tail }: Shape,
  piece: number,
  options: RenderOptions = {},
  small = SMALL,
): Promise<number> {
  const text = (length: number): string => head + unit.repeat(Math.ceil(length / unit.length)) + tail
  const less = await counter.stepsOn(text(small), piece, options)
  const more = await counter.stepsOn(text(small * TIMES), piece, options)
  return more / less
}

const WHOLE = 1e9
const TOKEN = 16
const everything: RenderOptions = { html: true, footnotes: true }

/** Texts that once took more than their length. */
const known: readonly (readonly [name: string, shape: Shape])[] = [
  ['lines that begin with a pipe', { head: '', unit: '\n| ', tail: '' }],
  ['rows without a delimiter row', { head: '', unit: '| a | b |\n', tail: '' }],
  ['rows without a first pipe', { head: '', unit: 'a | b | c\n', tail: '' }],
  ['underscores in a domain', { head: 'http://a', unit: '_', tail: '.b.c' }],
  ['underscores behind www', { head: '', unit: 'www.a_', tail: '' }],
  ['parentheses behind an address', { head: 'http://a.b/', unit: ')', tail: '' }],
  ['semicolons behind an address', { head: 'http://a.b/', unit: ';', tail: '' }],
  ['references behind an address', { head: 'http://a.b/', unit: '&a;', tail: '' }],
  ['addresses that begin in one another', { head: '(', unit: 'xhttp://', tail: '' }],
  ['a long word before an at sign', { head: '@ ', unit: 'a', tail: '' }],
  ['many at signs', { head: '', unit: 'a@', tail: '' }],
  ['dots and at signs', { head: '', unit: 'a.b@c.1', tail: '' }],
  ['words behind strong openers', { head: '', unit: '**a ', tail: '' }],
  ['spaces in an open fence', { head: '```\n', unit: ' ', tail: 'x' }],
  ['a delimiter row of spaces', { head: 'a\n|-', unit: ' ', tail: 'x' }],
  ['a delimiter row of tabs and pipes', { head: 'a\n', unit: '|- ', tail: 'x' }],
  ['backticks before a late one', { head: '', unit: '`', tail: `${'x'.repeat(2000)}\`` }],
  ['spaces in a heading', { head: '# a', unit: ' ', tail: 'x' }],
  ['hashes in a heading', { head: '# a', unit: ' #', tail: 'x' }],
  ['a table of many columns', { head: `|${'a|'.repeat(60)}\n|${'-|'.repeat(60)}\n`, unit: 'x\n', tail: '' }],
  ['brackets below a definition', { head: `[a]: ${'x'.repeat(2000)}\nfoo\n`, unit: '[\n', tail: '' }],
  ['brackets below an open title', { head: '[a]: x\n"t', unit: '\n[', tail: '' }],
  ['headings in an item', { head: '- a\n', unit: '  # h\n  a\n', tail: '' }],
  ['a word without an end in an item', { head: '1. ', unit: "'", tail: '' }],
  ['spaces behind the mark of a task', { head: '- [ ]', unit: ' ', tail: '' }],
  ['stars behind an open one', { head: '*&amp;', unit: '*', tail: '' }],
  ['brackets behind an open star', { head: '*---', unit: '[', tail: '' }],
  ['calls of one footnote', { head: '[^a]: x\n\n', unit: 'b [^a] ', tail: '' }],
  ['processing instructions', { head: '', unit: '<?a<?b<?c', tail: '' }],
]

describe.each(known)('%s', (_, shape) => {
  test('costs four times as much when it is four times as long', { timeout: 120_000 }, async () => {
    expect(await growthOf(shape, WHOLE, everything)).toBeLessThan(LIMIT)
    expect(await growthOf(shape, TOKEN, everything)).toBeLessThan(LIMIT)
  })
})

test('columns as wide as the header and as many rows are bounded by the text', {
  timeout: 60_000,
}, async () => {
  const table = (size: number): string =>
    `${'|a'.repeat(size)}|\n${'|-'.repeat(size)}|\n${'x\n'.repeat(size)}`
  const less = await counter.stepsOn(table(400), WHOLE)
  const more = await counter.stepsOn(table(1600), WHOLE)
  expect(more / less).toBeLessThan(LIMIT)
})

// Everything that means something to a parser here, and what it can be next to.
const ALPHABET = [
  ...'*_~`[]()<>!|-=#+$:;.&@\\"\'^/?',
  ...['\n', '\n\n', ' ', '  ', '    ', '\t', 'a', 'B1', 'ä', '漢', '。'],
  ...[
    '**',
    '__',
    '~~',
    '``',
    '```',
    '~~~',
    '![',
    '](',
    '[^a]',
    '[^a]: ',
    '[a]: ',
    '[a]',
    '\\\\',
    '\\(',
    '$$',
  ],
  ...['- ', '1. ', '> ', '# ', '---', '===', '| ', '|-|', 'http://', 'www.', 'a.b', 'a@b.c', '&amp;', '&#1;'],
  ...[
    '<b>',
    '</b>',
    '<!--',
    '-->',
    '<?',
    '<a b="',
    '<details>',
    '<summary>',
    '</details>',
    '<think>',
    '[1]',
    '【1†',
  ],
]
const token = fc.constantFrom(...ALPHABET)
const joined = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.array(token, { minLength, maxLength }).map((tokens) => tokens.join(''))
const shapes = fc.record({ head: joined(0, 4), unit: joined(1, 4), tail: joined(0, 2) })

/** A finding in the words of the list above, so that it can be copied there. */
function finding(shape: Shape, piece: number, growths: readonly number[]): string {
  const entry = `{ head: ${JSON.stringify(shape.head)}, unit: ${JSON.stringify(shape.unit)}, tail: ${JSON.stringify(shape.tail)} }`
  const times = growths.map((growth) => growth.toFixed(2)).join(', and from there ')
  return `${entry} in pieces of ${piece} costs ${times} times as much when it is ${TIMES} times as long (the limit is ${LIMIT}). Add it to the known texts.`
}

test('no text of Markdown’s special characters costs more than its length', {
  timeout: 1_800_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(shapes, fc.constantFrom(WHOLE, TOKEN), async (shape, piece) => {
      const growth = await growthOf(shape, piece, everything)
      if (growth < LIMIT) return
      // A small text may still be on the way to its rate: what grows too fast does so at every length.
      const later = await growthOf(shape, piece, everything, SMALL * TIMES)
      if (later >= LIMIT) throw new Error(finding(shape, piece, [growth, later]))
    }),
    { numRuns: RUNS, ...(SEED !== undefined && { seed: Number(SEED) }), includeErrorInReport: true },
  )
})

test('the counter tries a pattern that begins with ^ once, as engines do, and others everywhere', () => {
  const text = 'x'.repeat(1_000)
  for (const pattern of [/^a/, /^(?:a|b)/, /^\[a/, /(?:^a|^b)/])
    expect(stepsOf(pattern, text, 0)).toBeLessThan(10)
  for (const pattern of [/a/, /^a|b/, /^a/m, /a$/]) expect(stepsOf(pattern, text, 0)).toBeGreaterThan(1_000)
})
