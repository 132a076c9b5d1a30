import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A program that no package brings. */
export interface Program {
  /** For people. */
  readonly title: string
  /** The environment variable with its path. */
  readonly variable: string
  /** Its names on the `PATH`, the best first. */
  readonly names: readonly string[]
  /** The places to look in besides the `PATH`. */
  readonly places: readonly string[]
  /** How to get it, for people. */
  readonly install: string
}

/**
 * The path of a program: the value of its variable, the first one on the `PATH`, or the system's usual place.
 * @throws {Error} that says what to install, if there is none.
 */
export function findProgram(
  { title, variable, names, places, install }: Program,
  env: NodeJS.ProcessEnv = process.env,
): string {
  const named = env[variable]
  if (named) {
    if (isProgram(named)) return named
    throw new Error(`${variable} names ${named}, and that is no program.`)
  }
  const onPath = (env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)))
  const found = [...onPath, ...places].find(isProgram)
  if (found !== undefined) return found
  throw new Error(
    `This needs ${title}, and found none. Install it (${install}), or set ${variable} to its path.`,
  )
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    // Of a folder it says that one may look into it.
    return statSync(path).isFile()
  } catch {
    return false
  }
}
