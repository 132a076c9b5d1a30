import { build } from './build.mjs'
import { run } from './child.mjs'
import { install } from './install.mjs'
import { findNode, runsBuilds } from './node.mjs'
import { findPnpm, pnpmVersion } from './pnpm.mjs'
import { runTool } from './tools.mjs'

/** Makes versions and changelogs of the changesets, and brings the lockfile up to date with them. */
export async function version() {
  await install()
  const code = await runTool(findNode(runsBuilds), '@changesets/cli', ['version'])
  if (code !== 0) return code
  const pnpm = findPnpm(pnpmVersion())
  return run(pnpm.command, [...pnpm.args, 'install', '--lockfile-only'])
}

/** Publishes each package whose version is not on the registry. */
export async function publish() {
  const code = await build([])
  // Changesets publishes with pnpm, and finds the repository's own on the path that this sets.
  return code === 0 ? runTool(findNode(runsBuilds), '@changesets/cli', ['publish']) : code
}
