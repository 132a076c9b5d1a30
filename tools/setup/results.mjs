import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { countVitest } from './count-vitest.mjs'
import { sum } from './counts.mjs'

// Each test runner writes its result to the project's .results, which Nx's cache keeps too.
const runners = [
  { file: 'vitest.json', count: countVitest },
  { file: 'tap.json', count: (counts) => counts },
]

/** Forgets the last run, so that a runner which dies early cannot be covered by an old report. */
export function clearResults(projects) {
  for (const { folder } of projects) rmSync(join(folder, '.results'), { recursive: true, force: true })
}

/** The report of each project's runner. A project without a report, or without a test, has failed. */
export function readResults(projects) {
  return projects.map(({ name, folder }) => {
    const reports = runners
      .map((runner) => ({ ...runner, path: join(folder, '.results', runner.file) }))
      .filter(({ path }) => existsSync(path))
      .map(({ path, count }) => count(JSON.parse(readFileSync(path, 'utf8'))))
    if (reports.length === 0) return { name, passed: 0, failed: 1, note: 'ended without a report' }
    const { passed, failed } = sum(reports)
    if (passed + failed === 0) return { name, passed: 0, failed: 1, note: 'ran no test' }
    return { name, passed, failed }
  })
}

/** The sum over all projects; a run that failed although no test did is one failure. */
export function total(results, exitCode) {
  const { passed, failed } = sum(results)
  return { passed, failed: exitCode !== 0 && failed === 0 ? 1 : failed }
}
