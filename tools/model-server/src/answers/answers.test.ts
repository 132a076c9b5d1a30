import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { questions } from '../../test/support.ts'
import { readAnswers } from './answers.ts'

const answers = readAnswers()
const titleOf = (question: string) => answers.for(question).split('\n')[0]

test.each([
  [questions.logging, '# Distributed logging with correlation IDs and error aggregation'],
  [questions.database, '# Making a slow SQL query fast'],
  [questions.travel, '# Three slow days in Lisbon, with a dinner to bring home'],
  [questions.languages, '# One greeting, many scripts 🌍'],
  ['请用中文和日本語回答', '# One greeting, many scripts 🌍'],
  [questions.algorithms, '# Shortest paths: the idea, the proof and the code'],
  ['What about cookies and stripes?', '# About your question'],
  ['', '# About your question'],
])('%j is answered by %j', (question, title) => {
  expect(titleOf(question)).toBe(title)
})

test('the answer about logging is long, and has what Markdown has', () => {
  const text = answers.for(questions.logging)
  expect(text.split(/\s+/).length).toBeGreaterThan(900)
  for (const part of [
    /^```ts$/m,
    /^```sql$/m,
    /^```yaml$/m,
    /^\|---/m,
    /^ {2}- /m,
    /^- \[ \] /m,
    /\]\(https:/,
  ]) {
    expect(text).toMatch(part)
  }
})

test('the default quotes the question as it is, on one line and cut to what one reads', () => {
  expect(answers.for('What is\n $& and $1?')).toContain('You asked: “What is $& and $1?”')
  expect(answers.for('😀'.repeat(300))).toContain(`“${'😀'.repeat(200)}…”`)
})

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'answers-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('a folder without default.md is refused', () => {
  expect(() => readAnswers(folder)).toThrow('default.md')
})

test('an answer without keywords is refused; the most keywords win', async () => {
  await writeFile(join(folder, 'default.md'), 'No idea.\n')
  await writeFile(join(folder, 'tea.md'), '<!-- keywords: tea, cup -->\n\nTea.\n')
  await writeFile(join(folder, 'coffee.md'), '<!-- keywords: coffee, cup -->\nCoffee.')
  const own = readAnswers(folder)
  expect(own.names).toEqual(['coffee', 'default', 'tea'])
  expect(own.for('two cups of TEA')).toBe('Tea.')
  expect(own.for('steam')).toBe('No idea.')
  await writeFile(join(folder, 'water.md'), 'Water.')
  expect(() => readAnswers(folder)).toThrow('water.md has no keywords')
})
