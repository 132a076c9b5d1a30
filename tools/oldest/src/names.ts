import manifest from '../package.json' with { type: 'json' }

const names: readonly string[] = Object.keys(manifest.dependencies)

// Installed packages keep what they were installed with, but for this one, which is old only beside an old `ws`.
const followers = ['@fastify/websocket/']

/** A module from which the oldest versions resolve. */
export const home = import.meta.url

/** Whether `importer` gets the oldest version of the package, or part of a package, that `specifier` names. */
export function getsOldest(specifier: string, importer: string | undefined): boolean {
  if (!names.some((name) => specifier === name || specifier.startsWith(`${name}/`))) return false
  const [, installed] = /^.*\/node_modules\/(.*)$/.exec(importer ?? '') ?? []
  return installed === undefined || followers.some((follower) => installed.startsWith(follower))
}
