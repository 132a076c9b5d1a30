import { run } from './child.mjs'
import { install } from './install.mjs'
import { environmentOf, findNode, runsBuilds } from './node.mjs'
import { inRoot } from './root.mjs'
import { SetupError, say } from './say.mjs'
import { nx } from './tools.mjs'

const demo = '@sluice/demo'

/** Builds what the demo is made of, and runs it until it is stopped. */
export async function start(args) {
  await install()
  const node = findNode(runsBuilds)
  say('Building the packages and the demo (first time: a few seconds; unchanged ones come from the cache) …')
  const code = await nx(node, ['run-many', '-t', 'build', '--projects', demo, '--output-style', 'static'])
  if (code !== 0) throw new SetupError(`The build failed (exit code ${code}); see above for why.`)
  say('Starting the demo. Ctrl-C stops it.')
  return run(node.path, [inRoot('apps/demo/dist/server/main.js'), ...args], { env: environmentOf(node) })
}
