import { expect, test } from 'vitest'
import { TestOutput } from './test-output.mjs'

test('the lines of projects that run at the same time are told apart, and what passed is left out', () => {
  const begun = []
  const output = new TestOutput((project) => begun.push(project))
  for (const line of [
    '',
    '> nx run @sluice/core:test',
    '@sluice/core: > vitest run',
    '> nx run @sluice/fastify-ws:test:oldest  [local cache]',
    '@sluice/core:  ✓ src/a.test.ts (3 tests) 8ms',
    '@sluice/fastify-ws: ✗ src/frame.test.ts › one',
    '@sluice/core:    × a test that fails',
    '@sluice/core: Error: expected ✓ to be ×',
    'NX   Ran target test for 2 projects',
  ]) {
    output.take(line)
  }
  expect(begun).toEqual(['@sluice/core', '@sluice/fastify-ws'])
  expect(output.failuresOf('@sluice/core')).toEqual([
    '> vitest run',
    '   × a test that fails',
    'Error: expected ✓ to be ×',
  ])
  expect(output.failuresOf('@sluice/fastify-ws')).toEqual(['✗ src/frame.test.ts › one'])
  expect(output.failuresOf('@sluice/client')).toEqual([])
})
