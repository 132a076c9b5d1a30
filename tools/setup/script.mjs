import { readFileSync } from 'node:fs'
import { run } from './child.mjs'
import { install } from './install.mjs'
import { environmentOf, findNode, runsSources } from './node.mjs'
import { inRoot } from './root.mjs'

/** The demo on its sources, without a build. */
export function dev(args) {
  return runScript('apps/demo', 'dev', args)
}

export function bench(args) {
  return runScript('tools/bench', 'bench', args)
}

/** Runs a script of the form `node …` itself: pnpm and the shell in between would keep signals from it. */
async function runScript(folder, script, args) {
  await install()
  const node = findNode(runsSources)
  const { scripts } = JSON.parse(readFileSync(inRoot(folder, 'package.json'), 'utf8'))
  const [, ...nodeArgs] = scripts[script].split(' ')
  return run(node.path, [...nodeArgs, ...args], { cwd: inRoot(folder), env: environmentOf(node) })
}
