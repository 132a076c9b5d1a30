import { readFileSync } from 'node:fs'
import { run } from './child.mjs'
import { environmentOf } from './node.mjs'
import { inRoot } from './root.mjs'

/** Runs a program that an installed package brings, on the chosen Node. */
export function runTool(node, packageName, args, { cwd, env } = {}) {
  return run(node.path, [programOf(packageName), ...args], { cwd, env: { ...environmentOf(node), ...env } })
}

// Nx asks for colours on behalf of what it starts, also where its output goes to a file.
const colourless = { FORCE_COLOR: '0', NO_COLOR: '1' }

/** Runs Nx: without its daemon, its cloud and its full-screen interface, so that the output is a plain log. */
export function nx(node, args, { env } = {}) {
  const plain = {
    NX_DAEMON: 'false',
    NX_NO_CLOUD: 'true',
    NX_TUI: 'false',
    ...(process.stdout.isTTY ? {} : colourless),
  }
  return runTool(node, 'nx', args, { env: { ...plain, ...env } })
}

function programOf(packageName) {
  const folder = inRoot('node_modules', packageName)
  const { bin } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
  return inRoot('node_modules', packageName, typeof bin === 'string' ? bin : Object.values(bin)[0])
}
