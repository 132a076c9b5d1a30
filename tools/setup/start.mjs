import { run } from './child.mjs'
import { dataFolder, usable } from './data-folder.mjs'
import { install } from './install.mjs'
import { environmentOf, findNode, runsBuilds } from './node.mjs'
import { inRoot } from './root.mjs'
import { say } from './say.mjs'
import { buildFor } from './tools.mjs'

/** Builds what the demo is made of, and runs it until it is stopped. */
export async function start(args) {
  await install()
  const node = findNode(runsBuilds)
  say('Building the packages and the demo (first time: a few seconds; unchanged ones come from the cache) …')
  await buildFor(node, '@sluice/demo')
  say('Starting the demo. Ctrl-C stops it.')
  const env = { ...environmentOf(node), DATA_DIR: process.env.DATA_DIR || usable(dataFolder(process.env)) }
  return run(node.path, [inRoot('apps/demo/dist/server/main.js'), ...args], { env })
}
