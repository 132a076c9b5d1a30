import { readFileSync } from 'node:fs'
import { run } from './child.mjs'
import { Log } from './log.mjs'
import { environmentOf } from './node.mjs'
import { inRoot } from './root.mjs'
import { SetupError } from './say.mjs'

/** Runs a program that an installed package brings, on the chosen Node. */
export function runTool(node, packageName, args, { env, ...options } = {}) {
  return run(node.path, [programOf(packageName), ...args], {
    ...options,
    env: { ...environmentOf(node), ...env },
  })
}

// Nx asks for colours on behalf of what it starts, even if its output goes to a file.
const colourless = { FORCE_COLOR: '0', NO_COLOR: '1' }

/** Runs Nx: without its daemon, its cloud and its full-screen interface, so that the output is a plain log. */
export function nx(node, args, { env, onLine } = {}) {
  const plain = {
    NX_DAEMON: 'false',
    NX_NO_CLOUD: 'true',
    NX_TUI: 'false',
    ...(process.stdout.isTTY && onLine === undefined ? {} : colourless),
  }
  return runTool(node, 'nx', args, { env: { ...plain, ...env }, onLine })
}

/** Builds projects, and shows Nx's output only if it fails. */
export async function buildFor(node, projects) {
  const log = new Log('build.log')
  const args = ['run-many', '-t', 'build', '--projects', projects, '--output-style', 'static']
  const code = await nx(node, args, { onLine: log.add })
  if (code === 0) return
  process.stdout.write(log.text())
  throw new SetupError(`The build failed (exit code ${code}); see above for why.`)
}

function programOf(packageName) {
  const folder = inRoot('node_modules', packageName)
  const { bin } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
  return inRoot('node_modules', packageName, typeof bin === 'string' ? bin : Object.values(bin)[0])
}
