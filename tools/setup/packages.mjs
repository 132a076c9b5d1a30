import { run } from './child.mjs'
import { install } from './install.mjs'
import { environmentOf, findNode, runsSources } from './node.mjs'
import { inRoot } from './root.mjs'
import { SetupError } from './say.mjs'
import { nx } from './tools.mjs'

/** Packs what is published and checks the tarballs as their users will get them. */
export async function packages() {
  await install()
  const node = findNode(runsSources)
  const built = await nx(node, [
    'run-many',
    '-t',
    'build',
    '--projects',
    'packages/*',
    '--output-style',
    'static',
  ])
  if (built !== 0) throw new SetupError(`The build failed (exit code ${built}); see above for why.`)
  return run(node.path, [inRoot('tools/checks/src/packages.ts')], { env: environmentOf(node) })
}
