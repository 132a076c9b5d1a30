import { readFileSync } from 'node:fs'
import { answer } from './child.mjs'
import { inRoot } from './root.mjs'

/** The version that package.json's `packageManager` names, so that it stands in one place. */
export function pnpmVersion() {
  const { packageManager } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'))
  return /^pnpm@([^+]+)/.exec(packageManager)[1]
}

/** The command that is pnpm in that version: an installed one, or npx, which fetches it into npm's own cache. */
export function findPnpm(version) {
  if (answer('pnpm', ['--version']) === version) return { command: 'pnpm', args: [] }
  return { command: 'npx', args: ['--yes', `pnpm@${version}`] }
}
