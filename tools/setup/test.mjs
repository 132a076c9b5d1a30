import { install } from './install.mjs'
import { Log } from './log.mjs'
import { findNode, runsSources } from './node.mjs'
import { parts } from './parts.mjs'
import { pick, projectsWith } from './projects.mjs'
import { provide } from './provide.mjs'
import { clearResults, readResults, total } from './results.mjs'
import { SetupError, say } from './say.mjs'
import { TestOutput } from './test-output.mjs'
import { nx } from './tools.mjs'

// As many as the smallest supported machine has cores: some tests measure time.
const parallel = 2
const SECURITY = 'security'

/**
 * Runs the tests of all projects, or of the named ones, and ends with the line `N passed, N failed`. `security` is the
 * name of a suite: the attacks among the tests of each project, which its script `test:security` names.
 */
export function test(args) {
  const projects = args.filter((arg) => arg !== SECURITY)
  const target = projects.length === args.length ? 'test' : 'test:security'
  return runTarget(target, projects, ['--parallel', parallel])
}

/** The tests that count on other packages, on the oldest versions that ours admit. */
export function oldest(args) {
  return runTarget('test:oldest', args, ['--parallel', parallel])
}

/** The long tests under load, one at a time, because each needs the whole machine. */
export function soak(args) {
  return runTarget('soak', args, ['--parallel', 1, '--skip-nx-cache'])
}

/** Prints a summary and the failures; `--all-output` prints everything as it comes. */
async function runTarget(target, args, nxArgs) {
  const projects = pick(
    projectsWith(target),
    args.filter((arg) => !arg.startsWith('-')),
  )
  if (projects.length === 0) throw new SetupError(`No project has a script called ${target}.`)
  await install()
  const node = findNode(runsSources)
  const env = await provide(parts)
  clearResults(projects)

  const log = new Log(`${target.replace(':', '-')}.log`)
  say(`Running the ${target} script of ${projects.length} projects; their whole output goes to ${log.path}`)
  const output = new TestOutput((name) => say(`${name} …`))
  const take = (line) => {
    log.add(line)
    output.take(line)
  }
  const names = projects.map(({ name }) => name).join(',')
  const flags = args.filter((arg) => arg.startsWith('-') && arg !== '--all-output')
  const exitCode = await nx(
    node,
    ['run-many', '-t', target, '--projects', names, '--output-style', 'stream', ...nxArgs, ...flags],
    { env, onLine: args.includes('--all-output') ? undefined : take },
  )
  return report(readResults(projects), exitCode, output)
}

function report(results, exitCode, output) {
  const print = (line) => process.stdout.write(`${line}\n`)
  for (const { name, failed } of results) {
    if (failed > 0) print(`\n=== ${name}\n${output.failuresOf(name).join('\n')}`)
  }
  const width = Math.max(...results.map(({ name }) => name.length))
  print('')
  for (const { name, passed, failed, note } of results) {
    print(`  ${name.padEnd(width)}  ${note ?? `${passed} passed, ${failed} failed`}`)
  }
  const { passed, failed } = total(results, exitCode)
  if (failed > 0 && results.every((result) => result.failed === 0)) {
    print('  A runner failed although none of its tests did; its output says why.')
  }
  print(`${passed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}
