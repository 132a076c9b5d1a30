import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { read, root } from './workspace.ts'

// SECURITY.md names a test for each thing that it says is so.

const FILE = /`((?:packages|tools)\/[^`]+\.test\.ts)` “([^”]+)”/g
const named = [...read('SECURITY.md').matchAll(FILE)].map(([, file, title]) => ({
  file: file!,
  title: title!,
}))

/** The files of the suite `security`, as the scripts `test:security` name them. */
const suite = ['packages', 'apps', 'tools']
  .flatMap((shelf) => readdirSync(join(root, shelf)).map((name) => `${shelf}/${name}`))
  .filter((project) => existsSync(join(root, project, 'package.json')))
  .flatMap((project) => {
    const { scripts = {} } = JSON.parse(read(`${project}/package.json`)) as {
      scripts?: Record<string, string>
    }
    const script = scripts['test:security']
    if (script === undefined) return []
    const files = script.split(' ').filter((word) => word.endsWith('.test.ts'))
    // A script that names no file runs all of the project.
    return files.length === 0 ? [`${project}/`] : files.map((file) => `${project}/${file}`)
  })

describe('the suite', () => {
  test.each(suite)('has %s', (file) => {
    expect(existsSync(join(root, file))).toBe(true)
  })
})

describe('SECURITY.md', () => {
  test('has a table of requirements, each with a test', () => {
    const rows = read('SECURITY.md')
      .split('\n')
      .filter((line) => /^\| \d+\.\d+\.\d+/.test(line))
    expect(rows.length).toBeGreaterThanOrEqual(25)
    for (const row of rows) expect(row).toMatch(new RegExp(FILE.source))
  })

  test.each(named)('names a test that there is: $file “$title”', ({ file, title }) => {
    expect(read(file)).toContain(title)
    expect(suite.some((part) => file.startsWith(part))).toBe(true)
  })
})
