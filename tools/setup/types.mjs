import { existsSync } from 'node:fs'
import { relative } from 'node:path'
import { install } from './install.mjs'
import { findNode, runsBuilds } from './node.mjs'
import { projectsWith } from './projects.mjs'
import { inRoot } from './root.mjs'
import { say } from './say.mjs'
import { runTool } from './tools.mjs'

/** Type-checks the sources of all projects, and their tests, which belong to no build. */
export async function types() {
  await install()
  const node = findNode(runsBuilds)
  const tests = projectsWith('test')
    .map(({ folder }) => `${folder}/tsconfig.test.json`)
    .filter((config) => existsSync(config))

  const tsc = (args) => {
    say(`tsc ${args.join(' ')}`)
    return runTool(node, 'typescript', args)
  }
  const codes = [await tsc(['-b'])]
  for (const config of tests) codes.push(await tsc(['-p', relative(inRoot(), config)]))
  return Math.max(...codes)
}
