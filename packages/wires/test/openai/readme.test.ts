import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import {
  CHAT_PARAMETERS,
  IMPOSSIBLE,
  RESPONSES_PARAMETERS,
  type Rule,
} from '../../src/openai/request/parameters.ts'

const ROWS: readonly [start: string, has: (name: string, rule: Rule) => boolean][] = [
  ['the routes follow it', (_name, rule) => rule === 'used'],
  ['ignored', (_name, rule) => rule === 'ignored'],
  ['handed on', (_name, rule) => rule === 'handed on'],
  ['a promise', (name, rule) => typeof rule === 'function' && !Object.hasOwn(IMPOSSIBLE, name)],
  ['always refused', (name, rule) => typeof rule === 'function' && Object.hasOwn(IMPOSSIBLE, name)],
]

test('the README names each parameter where the tables have it', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  const lines = readme.split('\n')
  for (const [start, has] of ROWS) {
    const cells = lines.find((line) => line.startsWith(`| ${start}`))!.split(' | ')
    for (const [column, rules] of [CHAT_PARAMETERS, RESPONSES_PARAMETERS].entries()) {
      // "the same" stands for what the other API has.
      const text = cells[column + 1]!.replace('the same', cells[1]!)
      const wanted = Object.entries(rules as Record<string, Rule>).filter(([name, rule]) => has(name, rule))
      for (const [name] of wanted)
        expect([start, text]).toEqual([start, expect.stringMatching(`\`${name}\\b`)])
    }
  }
})
