import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { readAnswers } from '../src/index.ts'

const example = fileURLToPath(new URL('example.ts', import.meta.url))

test('the README’s first example is one that runs', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  expect(readme).toContain(`\`\`\`ts\n${readFileSync(example, 'utf8')}\`\`\``)
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=sluice-source', example])
  expect(stdout).toBe(readAnswers().for('Where do I begin?'))
})
