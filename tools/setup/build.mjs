import { install } from './install.mjs'
import { findNode, runsBuilds } from './node.mjs'
import { nx } from './tools.mjs'

export async function build(args) {
  await install()
  return nx(findNode(runsBuilds), ['run-many', '-t', 'build', '--output-style', 'static', ...args])
}
