import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { run } from './child.mjs'
import { SetupError, say } from './say.mjs'

/**
 * Finds or installs each part, and returns the environment variables that tell the tests their paths.
 * A part that cannot be had fails the whole command: tests that are skipped in silence prove nothing.
 */
export async function provide(parts) {
  const found = {}
  for (const part of parts) {
    found[part.env] = find(part) ?? (await installOnDebian(part)) ?? fail(part)
  }
  return found
}

export function find(part, { env = process.env, isProgram = isExecutable } = {}) {
  const named = env[part.env]
  if (named !== undefined) {
    if (isProgram(named)) return named
    throw new SetupError(`${part.env} is ${named}, which is no program that can be run.`)
  }
  const onPath = (env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) =>
      part.names.map((name) => join(folder, process.platform === 'win32' ? `${name}.exe` : name)),
    )
  return [...onPath, ...part.places].find(isProgram)
}

export function missing(part, platform) {
  return (
    `${part.name} is needed for ${part.purpose} and was not found. ` +
    `Install it (${part.advice[platform] ?? part.advice.linux}), or set ${part.env} to its path.`
  )
}

function fail(part) {
  throw new SetupError(missing(part, process.platform))
}

/** If the user is root on Debian, as in a container, the set-up may install packages by itself. */
async function installOnDebian(part) {
  if (!isDebian() || process.getuid() !== 0) return undefined
  say(`Installing ${part.name} with apt-get, for ${part.purpose} (first time: about a minute) …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...args) => run('apt-get', ['-qq', ...args], { env, isQuiet: true })
  await apt('update')
  await apt('install', '--yes', '--no-install-recommends', part.debianPackage)
  return find(part)
}

// Ubuntu is left out on purpose: its chromium package is a shell around a snap, which containers cannot run.
function isDebian() {
  try {
    return /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'))
  } catch {
    // No such file: not a Linux distribution.
    return false
  }
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
