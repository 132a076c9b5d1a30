import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { privateFolder } from './store/private-files.ts'

/** The secret that signs the visitors' cookies, and its origin. */
export interface SessionSecret {
  readonly secret: string
  readonly from: 'SESSION_SECRET' | 'DATA_DIR' | 'this start'
}

/**
 * The secret that is set, or else one that was made: kept beside the conversations, so that visitors find them again
 * after a restart; if those are in memory, it may go with them.
 */
export function sessionSecret(given: string | undefined, dataDir: string | undefined): SessionSecret {
  if (given !== undefined) return { secret: given, from: 'SESSION_SECRET' }
  if (dataDir === undefined) return { secret: randomSecret(), from: 'this start' }
  privateFolder(dataDir)
  return { secret: keptSecret(join(dataDir, 'session-secret')), from: 'DATA_DIR' }
}

/** Instances that start together must not each have their own: the second takes the first one's. */
function keptSecret(path: string): string {
  try {
    writeFileSync(path, randomSecret(), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return readFileSync(path, 'utf8')
}

function randomSecret(): string {
  return randomBytes(32).toString('base64url')
}
