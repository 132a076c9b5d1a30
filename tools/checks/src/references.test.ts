import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projects, root } from './workspace.ts'

// `tsc -b` builds and checks what the root's tsconfig.json names, and is silent about the rest.
test('every project with a tsconfig.json is named in the root’s', () => {
  const { references } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as {
    references: { path: string }[]
  }
  const configured = projects()
    .filter(({ folder }) => existsSync(join(folder, 'tsconfig.json')))
    .map(({ path }) => path)
  expect(references.map(({ path }) => path).toSorted()).toEqual(configured.toSorted())
})
