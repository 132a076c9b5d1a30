import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A path inside the repository, whatever folder the command was started from. */
export function inRoot(...segments) {
  return join(root, ...segments)
}
