import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { clearResults, readResults, total } from './results.mjs'

let folder

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-results-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function project(name, files) {
  const home = join(folder, name)
  mkdirSync(join(home, '.results'), { recursive: true })
  for (const [file, text] of Object.entries(files)) writeFileSync(join(home, '.results', file), text)
  return { name, folder: home }
}

const vitest = (passed, failed, testResults = []) =>
  JSON.stringify({ numPassedTests: passed, numFailedTests: failed, testResults })

test('the reports of all runners add up', () => {
  const results = readResults([
    project('core', { 'vitest.json': vitest(3, 1) }),
    project('sse', { 'tap.json': '{"passed":1,"failed":0}' }),
  ])
  expect(results).toEqual([
    { name: 'core', passed: 3, failed: 1 },
    { name: 'sse', passed: 1, failed: 0 },
  ])
  expect(total(results, 1)).toEqual({ passed: 4, failed: 1 })
})

test('a file that could not be loaded is a failure, although none of its tests ran', () => {
  const broken = { status: 'failed', assertionResults: [] }
  const failing = { status: 'failed', assertionResults: [{ status: 'failed' }] }
  const [result] = readResults([project('core', { 'vitest.json': vitest(3, 1, [broken, failing]) })])
  expect(result).toMatchObject({ passed: 3, failed: 2 })
})

test('a project without a report has failed', () => {
  const [result] = readResults([project('core', {})])
  expect(result).toEqual({ name: 'core', passed: 0, failed: 1, note: 'ended without a report' })
})

test('a project that ran no test has failed', () => {
  const [result] = readResults([project('core', { 'vitest.json': vitest(0, 0) })])
  expect(result).toEqual({ name: 'core', passed: 0, failed: 1, note: 'ran no test' })
})

test('a report of an earlier run is not counted', () => {
  const projects = [project('core', { 'vitest.json': vitest(3, 0) })]
  clearResults(projects)
  expect(readResults(projects)).toMatchObject([{ passed: 0, failed: 1 }])
})

test('a run that failed although no test did is a failure', () => {
  expect(total([{ passed: 3, failed: 0 }], 1)).toEqual({ passed: 3, failed: 1 })
  expect(total([{ passed: 3, failed: 0 }], 0)).toEqual({ passed: 3, failed: 0 })
  expect(total([{ passed: 3, failed: 2 }], 1)).toEqual({ passed: 3, failed: 2 })
})
