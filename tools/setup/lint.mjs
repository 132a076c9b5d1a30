import { install } from './install.mjs'
import { findNode, runsBuilds } from './node.mjs'
import { say } from './say.mjs'
import { runTool } from './tools.mjs'

/** Style, mistakes and who may import whom (Biome), then what nobody uses (knip). */
export async function lint() {
  await install()
  const node = findNode(runsBuilds)
  say('biome check')
  const biome = await runTool(node, '@biomejs/biome', ['check', '--error-on-warnings', '.'])
  say('knip')
  const knip = await runTool(node, 'knip', [])
  return Math.max(biome, knip)
}

export async function format() {
  await install()
  return runTool(findNode(runsBuilds), '@biomejs/biome', ['check', '--write', '.'])
}
