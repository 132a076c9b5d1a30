import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

// In `in-chromium.test.ts` they run.
test.each(['answer', 'chat', 'conversation'])('the README has the example %s as it is', (name) => {
  expect(read('../../README.md')).toContain(`\`\`\`tsx\n${read(`examples/${name}.tsx`)}\`\`\``)
})
