import { install } from './install.mjs'
import { findNode, runsSources } from './node.mjs'
import { parts } from './parts.mjs'
import { pick, projectsWith } from './projects.mjs'
import { provide } from './provide.mjs'
import { clearResults, readResults, total } from './results.mjs'
import { SetupError, say } from './say.mjs'
import { nx } from './tools.mjs'

// As many as the smallest machine that this is meant for has cores: the tests measure time, too.
const parallel = 2

/** Runs the tests of all projects, or of the named ones, and ends with the line `N passed, N failed`. */
export function test(args) {
  return runTarget('test', args, ['--parallel', parallel])
}

/** The tests of what is used with other packages, on the oldest versions of those that ours admit. */
export function oldest(args) {
  return runTarget('test:oldest', args, ['--parallel', parallel])
}

/** The long tests under load, one at a time, as each of them wants the machine to itself. */
export function soak(args) {
  return runTarget('soak', args, ['--parallel', 1, '--skip-nx-cache'])
}

async function runTarget(target, args, nxArgs) {
  const projects = pick(
    projectsWith(target),
    args.filter((arg) => !arg.startsWith('-')),
  )
  if (projects.length === 0) throw new SetupError(`No project has a script called ${target}.`)
  await install()
  const node = findNode(runsSources)
  const env = await provide(parts)

  say(`Running the ${target} script of ${projects.map(({ name }) => name).join(', ')} …`)
  clearResults(projects)
  const names = projects.map(({ name }) => name).join(',')
  const flags = args.filter((arg) => arg.startsWith('-'))
  const exitCode = await nx(
    node,
    ['run-many', '-t', target, '--projects', names, '--output-style', 'stream', ...nxArgs, ...flags],
    { env },
  )
  return report(readResults(projects), exitCode)
}

function report(results, exitCode) {
  const width = Math.max(...results.map(({ name }) => name.length))
  process.stdout.write('\n')
  for (const { name, passed, failed, note } of results) {
    const detail = note === undefined ? `${passed} passed, ${failed} failed` : note
    process.stdout.write(`  ${name.padEnd(width)}  ${detail}\n`)
  }
  const { passed, failed } = total(results, exitCode)
  if (failed > 0 && results.every((result) => result.failed === 0)) {
    process.stdout.write('  A runner failed although none of its tests did; see above for why.\n')
  }
  process.stdout.write(`${passed} passed, ${failed} failed\n`)
  return failed === 0 ? 0 : 1
}
