import { run } from './child.mjs'
import { install } from './install.mjs'
import { environmentOf, findNode, runsSources } from './node.mjs'
import { inRoot } from './root.mjs'
import { say } from './say.mjs'
import { buildFor } from './tools.mjs'

/** Builds the demo, and runs it as two instances that share a Redis, behind one URL. */
export async function cluster(args) {
  await install()
  // The script that starts the instances is a source; what it starts is built.
  const node = findNode(runsSources)
  say('Building the packages and the demo …')
  await buildFor(node, '@sluice/demo')
  say('Starting two instances, Redis and a proxy. Ctrl-C stops them.')
  return run(node.path, [inRoot('apps/demo/scripts/cluster.ts'), ...args], { env: environmentOf(node) })
}
