import { run } from './child.mjs'
import { install } from './install.mjs'
import { environmentOf, findNode, runsSources } from './node.mjs'
import { inRoot } from './root.mjs'
import { buildFor } from './tools.mjs'

/** Packs what is published and checks the tarballs as their users will get them. */
export async function packages() {
  await install()
  const node = findNode(runsSources)
  await buildFor(node, 'packages/*')
  return run(node.path, [inRoot('tools/checks/src/packages.ts')], { env: environmentOf(node) })
}
