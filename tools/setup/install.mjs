import { createHash } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { run } from './child.mjs'
import { findPnpm, pnpmVersion } from './pnpm.mjs'
import { inRoot } from './root.mjs'
import { SetupError, say } from './say.mjs'

// These files decide the content of node_modules.
const decisive = ['pnpm-lock.yaml', 'pnpm-workspace.yaml']
const stampFile = inRoot('node_modules', '.sluice-installed')

/** Installs the packages, unless node_modules already holds what the lockfile says. */
export async function install() {
  const stamp = stampOf(decisive.map((file) => readFileSync(inRoot(file))))
  if (stamp === installedStamp()) return

  const version = pnpmVersion()
  say(`Installing packages with pnpm ${version} (first time: about a minute) …`)
  // Removed first: an installation that was broken off must not pass for a whole one.
  rmSync(stampFile, { force: true })
  const pnpm = findPnpm(version)
  const code = await run(pnpm.command, [...pnpm.args, 'install', '--frozen-lockfile'])
  if (code !== 0)
    throw new SetupError(`pnpm could not install the packages (exit code ${code}); see above for why.`)
  writeFileSync(stampFile, stamp)
}

export function stampOf(contents) {
  const hash = createHash('sha256')
  for (const content of contents) hash.update(content).update('\0')
  return hash.digest('hex')
}

function installedStamp() {
  try {
    return readFileSync(stampFile, 'utf8')
  } catch {
    // No stamp: not installed by us, or not to the end.
    return undefined
  }
}
